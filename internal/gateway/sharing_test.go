package gateway

import (
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"
	"golang.org/x/crypto/bcrypt"

	"readback/internal/pool"
	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/smpp"
	"readback/smpp/receipt"
)

// secretHash is a hash of "secret" that is quickly checked.
var secretHash = sync.OnceValue(func() []byte {
	hash, _ := bcrypt.GenerateFromPassword([]byte("secret"), bcrypt.MinCost) // it knows the cost
	return hash
})

// logged hands the test the lines that the gateway logs.
type logged chan string

func (l logged) Write(b []byte) (int, error) {
	select {
	case l <- string(b):
	default: // nobody asks
	}
	return len(b), nil
}

func (l logged) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// want waits for a line that has all the parts in it.
func (l logged) want(t testing.TB, parts ...string) {
	t.Helper()
	for {
		line := testpeer.Receive(t, "log line with "+strings.Join(parts, ", "), l)
		missing := 0
		for _, part := range parts {
			if !strings.Contains(line, part) {
				missing++
			}
		}
		if missing == 0 {
			return
		}
	}
}

// sharing is a world in shared mode, whose SMSC is a script.
type sharing struct {
	*world
	log logged
}

// share starts a gateway in shared mode. Each account's password is "secret".
func share(t testing.TB, s setup, shared pool.Config, accounts map[string]Account) sharing {
	t.Helper()
	change, log := s.options, make(logged, 1000)
	s.options = func(o *Options) {
		o.Logger = log.logger()
		shared.SystemID, shared.Password, shared.SystemType = "hub", "pass", "RE"
		shared.Binds = max(1, shared.Binds)
		if shared.Addrs == nil {
			shared.Addrs = []string{o.SMSC}
		}
		o.Shared, o.Policies.Accounts = &shared, make(map[string]Account)
		for name, a := range accounts {
			a.PasswordHash = secretHash()
			o.Policies.Accounts[name] = a
		}
		if change != nil {
			change(o)
		}
	}
	return sharing{serve(t, s), log}
}

// ids sets how the SMSC writes message_ids.
func ids(m receipt.IDs) func(*Options) { return func(o *Options) { o.IDs = m } }

// bank is the one account of most tests.
var bank = map[string]Account{"bank": {}}

// answerBind takes the gateway's next connection and accepts the bind.
func (w sharing) answerBind() *testpeer.Peer {
	w.t.Helper()
	smsc := w.accept()
	f := smsc.Next("bind of the gateway")
	if want := "hub\x00pass\x00RE\x00\x34\x00\x00\x00"; f.ID() != pdu.BindTransceiverID || string(f.Body()) != want {
		w.t.Fatalf("bind: got % x, want bind_transceiver %q", []byte(f), want)
	}
	smsc.Send(testpeer.Frame(pdu.BindTransceiverRespID, 0, f.Seq(), "SMSC\x00"))
	w.log.want(w.t, "bound to the SMSC")
	return smsc
}

// binding is an ESME that has sent its bind.
func (w *world) binding(b simulator.Bind) *testpeer.Peer {
	w.t.Helper()
	if b.SystemID == "" {
		b.SystemID = "bank"
	}
	if b.Password == "" {
		b.Password = "secret"
	}
	esme := w.connect()
	esme.Send(b.Append(nil, 1))
	return esme
}

// login is an ESME that the gateway itself has let in.
func (w sharing) login(b simulator.Bind) *testpeer.Peer {
	w.t.Helper()
	esme := w.binding(b)
	if f := esme.Next("bind_resp"); f.Status() != smpp.StatusOK || f.Seq() != 1 {
		w.t.Fatalf("bind_resp: got % x, want ESME_ROK", []byte(f))
	}
	return esme
}

// pair is one ESME and one bind of the gateway.
func pair(t testing.TB, s setup, accounts map[string]Account) (w sharing, esme, smsc *testpeer.Peer) {
	t.Helper()
	w = share(t, s, pool.Config{}, accounts)
	smsc = w.answerBind()
	return w, w.login(simulator.Bind{}), smsc
}

// remembering returns a ledger that knows the routes of messages that pass it.
func remembering() fakeLedger { return fakeLedger{routes: new(sync.Map)} }

// submitted passes a message through and returns when the ESME has its message_id.
func submitted(esme, smsc *testpeer.Peer, seq uint32, id string) {
	esme.T.Helper()
	esme.Send(text(receiver, seq))
	f := smsc.Next("submit_sm")
	smsc.Send(accepted(f.Seq(), id))
	esme.Want("submit_sm_resp", accepted(seq, id))
}

// deliverFrame is a deliver_sm from the receiver.
func deliverFrame(to string, esmClass byte, text, tlvs string, seq uint32) smpp.Frame {
	return simulator.ShortMessage{
		From: simulator.Number(receiver), To: simulator.Number(to), ESMClass: esmClass,
		UserData: []byte(text), TLVs: []byte(tlvs),
	}.Append(nil, pdu.DeliverSMID, seq)
}

// await waits until the condition holds, which nothing announces.
func (w *world) await(what string, cond func() bool) {
	w.t.Helper()
	end, tick := time.After(testpeer.Patience), time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !cond() {
		select {
		case <-tick.C:
		case <-end:
			w.t.Fatalf("%s: never", what)
		}
	}
}

// inBothModes runs a test with the account "bank" in either mode; join gives an
// ESME of the account and the connection on which the SMSC gets its messages. In memory, time is virtual.
func inBothModes(t *testing.T, s setup, account Account, run func(t *testing.T, w *world, log logged, join func() (esme, smsc *testpeer.Peer))) {
	t.Helper()
	mode := func(name string, run func(*testing.T)) {
		t.Run(name, func(t *testing.T) {
			if s.inMemory {
				synctest.Test(t, run)
				return
			}
			run(t)
		})
	}
	mode("mirror", func(t *testing.T) {
		s, change, log := s, s.options, make(logged, 1000)
		s.options = func(o *Options) {
			o.Logger, o.Policies.Accounts = log.logger(), map[string]Account{"bank": account}
			if change != nil {
				change(o)
			}
		}
		w := serve(t, s)
		run(t, w, log, func() (esme, smsc *testpeer.Peer) { return w.bind(simulator.Bind{Password: "secret"}) })
	})
	mode("shared", func(t *testing.T) {
		w := share(t, s, pool.Config{}, map[string]Account{"bank": account, "shop": {}})
		smsc := w.answerBind()
		run(t, w.world, w.log, func() (*testpeer.Peer, *testpeer.Peer) { return w.login(simulator.Bind{}), smsc })
	})
}

// noConnection checks that the gateway does not connect to the SMSC for a moment.
func (w *world) noConnection() {
	w.t.Helper()
	_ = w.smscs.(*net.TCPListener).SetDeadline(time.Now().Add(50 * time.Millisecond))
	if conn, err := w.smscs.Accept(); err == nil {
		_ = conn.Close()
		w.t.Fatal("the gateway connects to the SMSC, want it not to")
	}
}

// An account that gets no answers, and sends all the same, leaves room for others.
func TestOneAccountLeavesRoom(t *testing.T) {
	s := setup{options: func(o *Options) { o.Window = 10 }}
	w := share(t, s, pool.Config{}, map[string]Account{"bank": {}, "shop": {}})
	smsc := w.answerBind()
	bank, shop := w.login(simulator.Bind{}), w.login(simulator.Bind{SystemID: "shop"})
	for seq := range uint32(20) {
		bank.Send(text(receiver, 2+seq))
	}
	for range 8 {
		smsc.Next("message of the bank")
	}
	smsc.WantNothing()
	shop.Send(text(receiver, 100))
	if f := smsc.Next("message of the shop"); f.Seq() != 100 {
		t.Errorf("got message %d, want that of the shop", f.Seq())
	}
}

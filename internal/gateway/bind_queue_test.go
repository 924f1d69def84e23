package gateway

import (
	"context"
	"net"
	"net/netip"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/account"
	"readback/internal/pool"
	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/smpp"
)

// occupy has others take all the turns of the check of passwords; free gives one back.
func occupy(t *testing.T, turns *account.Turns) (free func()) {
	t.Helper()
	for range max(1, runtime.GOMAXPROCS(0)/2) {
		end, err := turns.Take(t.Context(), netip.Addr{}, func() bool { return false })
		if err != nil {
			t.Fatal(err)
		}
		free = end
	}
	return free
}

// turnWait is how long a bind waits for its turn.
const turnWait = 30 * time.Second

// queueing is a link whose ESME has sent a bind, while the check of passwords is busy.
func queueing(t *testing.T, account string) (g *Gateway, esme *testpeer.Peer, free func(), ended chan struct{}) {
	t.Helper()
	opt := DefaultOptions()
	opt.Shared = &pool.Config{Addrs: []string{"smsc:1"}, Binds: 1}
	opt.SMSCEnquireLink = time.Hour
	smscs := testpeer.NewPipes()
	opt.Dial = func(context.Context, string) (net.Conn, error) { return smscs.Dial(), nil }
	opt.Policies.Accounts = map[string]Account{"bank": {PasswordHash: secretHash()}}
	g, err := New(opt, fakeLedger{})
	if err != nil {
		t.Fatal(err)
	}
	stopPool := g.runPool(t.Context())
	t.Cleanup(func() {
		_ = smscs.Close() // ends Accept, and always succeeds
		stopPool()
	})
	smsc := testpeer.Accept(t, smscs)
	f := smsc.Next("bind of the gateway")
	smsc.Send(testpeer.Frame(pdu.BindTransceiverRespID, smpp.StatusOK, f.Seq(), "SMSC\x00"))
	synctest.Wait() // until the bind is up
	near, far := net.Pipe()
	free, ended = occupy(t, g.authenticator.Turns), make(chan struct{})
	go func() {
		newLink(g, addressed{near}).run(t.Context())
		close(ended)
	}()
	esme = testpeer.New(t, far)
	_ = far.SetDeadline(time.Time{})
	esme.Send(simulator.Bind{SystemID: account, Password: "secret"}.Append(nil, 1))
	return g, esme, free, ended
}

// addressed is a pipe with an address that binds may come from.
type addressed struct{ net.Conn }

func (addressed) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 1} }

// An honest ESME that waits for its turn longer than it has to bind is let in all the same.
func TestBindHereOutlastsSessionInit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, esme, free, ended := queueing(t, "bank")
		time.Sleep(turnWait - time.Second)
		free()
		f := esme.Next("bind_resp")
		if f.ID() != pdu.BindTransceiverRespID || f.Status() != smpp.StatusOK {
			t.Errorf("got % x, want ESME_ROK", []byte(f))
		}
		_ = esme.Conn.Close()
		<-ended
	})
}

// A bind that does not get its turn in time is refused for now, whether there is such an account or not.
func TestBindHereBusy(t *testing.T) {
	for _, account := range []string{"bank", "nobody"} {
		synctest.Test(t, func(t *testing.T) {
			_, esme, free, ended := queueing(t, account)
			begin := time.Now()
			esme.Want("bind_resp", testpeer.Frame(pdu.BindTransceiverRespID, smpp.StatusSysErr, 1, ""))
			if took := time.Since(begin); took != turnWait {
				t.Errorf("%s: refused after %v, want %v", account, took, turnWait)
			}
			free()
			esme.WantEnd()
			<-ended
		})
	}
}

// An ESME that leaves while it waits for its turn holds no place.
func TestBindHereLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, esme, _, ended := queueing(t, "bank")
		time.Sleep(time.Second)
		_ = esme.Conn.Close()
		begin := time.Now()
		<-ended
		if took := time.Since(begin); took > time.Second {
			t.Errorf("the link goes on for %v", took)
		}
	})
}

package gateway

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"net"
	"net/netip"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/account"
	"readback/internal/pool"
	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/smpp"
)

// In shared mode the gateway says who may bind; the log says why not, the ESME
// does not learn it.
func TestBindHere(t *testing.T) {
	elsewhere := Account{Allow: func(net.Addr) bool { return false }}
	w := share(t, setup{}, pool.Config{}, map[string]Account{"bank": {}, "far": elsewhere})
	w.answerBind()
	tests := []struct {
		name   string
		bind   simulator.Bind
		want   pdu.Status
		reason string
		word   string // in the metric
	}{
		{"transceiver", simulator.Bind{}, 0, "", ""},
		{"transmitter", simulator.Bind{ID: pdu.BindTransmitterID}, 0, "", ""},
		{"receiver", simulator.Bind{ID: pdu.BindReceiverID}, 0, "", ""},
		{"from elsewhere", simulator.Bind{SystemID: "far"}, smpp.StatusBindFailed, "address is not in the account's allow list", "not_allowed"},
		{"wrong password", simulator.Bind{Password: "wrong"}, smpp.StatusBindFailed, "wrong password", "wrong_password"},
		{"unknown", simulator.Bind{SystemID: "nobody"}, smpp.StatusBindFailed, "no such account", "unknown_account"},
	}
	var esmes []*testpeer.Peer
	want := make(map[string]bool)
	for _, tt := range tests {
		esme := w.binding(tt.bind) // all at once: a refusal takes its time
		esmes = append(esmes, esme)
		if tt.want != smpp.StatusOK {
			want[fmt.Sprintf("msg=%q remote=%s reason=%q account=%s", "bind refused", esme.Conn.LocalAddr(), tt.reason, cmp.Or(tt.bind.SystemID, "bank"))] = true
		}
	}
	for i, tt := range tests {
		f := esmes[i].Next(tt.name)
		id := smpp.ResponseID(cmp.Or(tt.bind.ID, pdu.BindTransceiverID))
		if f.ID() != id || f.Status() != tt.want || f.Seq() != 1 {
			t.Errorf("%s: got % x, want status %#02x", tt.name, []byte(f), uint32(tt.want))
		}
		if tt.want == smpp.StatusOK {
			continue
		}
		if len(f) != smpp.HeaderLen {
			t.Errorf("%s: got % x, want no body", tt.name, []byte(f))
		}
		if got := w.count("readback_binds_refused_total", "reason="+tt.word); got != 1 {
			t.Errorf("%s: counted %v times, want once", tt.name, got)
		}
		esmes[i].WantEnd() // it has to connect again
	}
	for len(w.log) > 0 {
		_, line, _ := strings.Cut(strings.TrimSpace(<-w.log), "level=WARN ")
		delete(want, sessionAttr.ReplaceAllString(line, ""))
	}
	if len(want) > 0 {
		t.Errorf("not logged: %v", want)
	}
}

// sessionAttr is the session in a line of the log.
var sessionAttr = regexp.MustCompile(`session=\d+ `)

// An ESME that knows TLVs is told the gateway's version.
func TestBindResp(t *testing.T) {
	w := share(t, setup{}, pool.Config{}, bank)
	w.answerBind()
	const version = "\x02\x10\x00\x01\x34" // sc_interface_version
	for _, tt := range []struct {
		name    string
		version byte
		tlvs    string
	}{{"3.3", 0x33, ""}, {"3.4", 0x34, version}, {"5.0", 0x50, version}} {
		esme := w.binding(simulator.Bind{Version: tt.version})
		esme.Want("bind_resp of "+tt.name, testpeer.Frame(pdu.BindTransceiverRespID, 0, 1, "readback\x00"+tt.tlvs))
	}
}

func TestBindHereTruncated(t *testing.T) {
	w := share(t, setup{}, pool.Config{}, bank)
	w.answerBind()
	esme := w.connect()
	whole := simulator.Bind{SystemID: "bank", Password: "secret"}.Append(nil, 0)
	for n := range len(whole) - smpp.HeaderLen - 1 { // address_range may be missing
		f := testpeer.Frame(pdu.BindTransmitterID, 0, uint32(n), string(whole.Body()[:n]))
		esme.Send(f)
		esme.Want("bind_resp", refusal(f, smpp.StatusInvCmdLen))
	}
	esme.Send(testpeer.Frame(whole.ID(), 0, 1, string(whole.Body()[:len(whole.Body())-1]))) // no harm done
	if f := esme.Next("bind_resp"); f.Status() != smpp.StatusOK {
		t.Errorf("got % x, want ESME_ROK", []byte(f))
	}
}

// An ESME that could not send anything is not let in; it may connect again.
func TestBindWithoutPool(t *testing.T) {
	w := share(t, setup{}, pool.Config{}, bank)
	if err := w.Ready(); err == nil {
		t.Error("Ready: got nil, want why not")
	}
	f := simulator.Bind{SystemID: "bank", Password: "secret"}.Append(nil, 1)
	esme := w.connect()
	esme.Send(f)
	esme.Want("bind_resp", refusal(f, smpp.StatusSysErr))
	w.log.want(t, "bind refused", "account=bank", pool.ErrDown.Error())
	w.answerBind()
	if err := w.Ready(); err != nil {
		t.Errorf("Ready: got %v, want nil", err)
	}
	esme.WantEnd()
	esme = w.connect()
	esme.Send(f)
	if f := esme.Next("bind_resp"); f.Status() != smpp.StatusOK {
		t.Errorf("got % x, want ESME_ROK", []byte(f))
	}
}

// The gateway stops at once, however long a refusal would still take.
func TestDrainEndsRefusal(t *testing.T) {
	w := share(t, setup{options: func(o *Options) { o.SessionInit = 0 }}, pool.Config{}, bank)
	smsc := w.answerBind()
	for range 6 { // from here on a refusal takes longer than a test's patience
		w.attempts.Begin(account.Origin{Source: netip.MustParseAddr("127.0.0.1"), Account: "bank"}).Wrong()
	}
	esme := w.binding(simulator.Bind{Password: "wrong"})
	w.await("bind", func() bool { return w.count("readback_pdus_total", "command=bind_transceiver") == 1 })
	w.stop()
	for f, err := esme.In.Next(); err == nil; f, err = esme.In.Next() { // until the end
		if f.Status() != smpp.StatusSysErr {
			t.Errorf("got % x, want ESME_RSYSERR if anything", []byte(f))
		}
	}
	_ = esme.Conn.Close()
	smsc.Unbind()
	w.awaitEnd()
}

// An ESME leaves, the gateway's own bind stays.
func TestUnbindHere(t *testing.T) {
	w, esme, smsc := pair(t, setup{}, bank)
	esme.Send(testpeer.Frame(pdu.UnbindID, 0, 2, ""))
	esme.Want("unbind_resp", testpeer.Frame(pdu.UnbindRespID, 0, 2, ""))
	esme.WantEnd()
	submitted(w.login(simulator.Bind{}), smsc, 3, "A")
	before := w.connect()
	before.Send(testpeer.Frame(pdu.UnbindID, 0, 4, ""))
	before.Want("unbind_resp before the bind", testpeer.Frame(pdu.UnbindRespID, 0, 4, ""))
	before.WantEnd()
}

// What waits at the SMSC does not overtake the answer to the bind.
func TestDeliverBehindBind(t *testing.T) {
	w := share(t, setup{}, pool.Config{}, map[string]Account{"bank": {Addresses: []account.AddressRange{{Low: "10690001", High: "10690001"}}}})
	smsc := w.answerBind()
	flood := bytes.Repeat(deliverFrame("10690001", 0, "Hello", "", 1), 100)
	var flooding sync.WaitGroup
	flooding.Go(func() {
		for err := error(nil); err == nil; { // until the test is over
			_, err = smsc.Conn.Write(flood)
		}
	})
	flooding.Go(func() { _, _ = io.Copy(io.Discard, smsc.Conn) })
	for range 100 {
		esme := w.binding(simulator.Bind{})
		if f := esme.Next("bind_resp"); f.ID() != pdu.BindTransceiverRespID {
			t.Fatalf("got %s, want the bind_resp first", smpp.Command(f.ID()))
		}
		esme.Next("deliver_sm")
		_ = esme.Conn.Close()
	}
	_ = smsc.Conn.Close()
	flooding.Wait()
}

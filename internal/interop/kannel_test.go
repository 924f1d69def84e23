//go:build e2e

package interop

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"readback/internal/testpeer"
	"readback/smpp"
)

// kannel is Kannel's two processes, and the web server that they call.
type kannel struct {
	w                 *world
	bearerbox, smsbox *process
	sendsms           string // the URL that sends messages
	web               *httptest.Server
	calls             chan string // of the web server
	saw               []string
}

// startKannel starts Kannel and returns when it is bound and can send.
func (w *world) startKannel() *kannel {
	w.Helper()
	const unread = 1000
	k := &kannel{w: w, calls: make(chan string, unread)}
	k.web = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		k.calls <- r.URL.Path + "?" + r.URL.Query().Encode()
	}))
	w.Cleanup(k.web.Close)
	ports := freePorts(w.T, 3)
	k.sendsms = "http://127.0.0.1:" + ports[2] + "/cgi-bin/sendsms"
	conf := k.configure(ports)
	k.bearerbox = start(w.T, "bearerbox", "-v", "0", conf)
	if err := w.smsc.WaitBound(w.ctx, account, 1); err != nil {
		w.Fatalf("Kannel does not bind: %v", err)
	}
	k.smsbox = start(w.T, "smsbox", "-v", "0", conf)
	// It says that it is connected a little before it can send; this comes behind.
	k.smsbox.waitLine(w.ctx, "heartbeat_thread")
	return k
}

// configure writes Kannel's configuration and returns where.
func (k *kannel) configure(ports []string) string {
	k.w.Helper()
	template, err := os.ReadFile("kannel.conf")
	if err != nil {
		k.w.Fatal(err)
	}
	_, smsc, _ := net.SplitHostPort(k.w.addr()) // our own listener's
	conf := strings.NewReplacer("{admin}", ports[0], "{boxes}", ports[1], "{sendsms}", ports[2],
		"{smsc}", smsc, "{account}", account, "{password}", password, "{web}", k.web.URL).Replace(string(template))
	path := filepath.Join(k.w.TempDir(), "kannel.conf")
	if err := os.WriteFile(path, []byte(conf), 0o600); err != nil {
		k.w.Fatal(err)
	}
	return path
}

// freePorts returns ports that nothing listens on.
func freePorts(t *testing.T, n int) []string {
	t.Helper()
	var ports []string
	for range n {
		ln := testpeer.Listen(t)
		defer func() { _ = ln.Close() }() // all of them at the end, so that they differ
		_, port, _ := net.SplitHostPort(ln.Addr().String())
		ports = append(ports, port)
	}
	return ports
}

// send sends a message and notes Kannel's answer.
func (k *kannel) send(more url.Values) {
	k.w.Helper()
	q := url.Values{"username": {"tester"}, "password": {"unused"}, "from": {from.Addr}, "to": {to.Addr}}
	for name, values := range more {
		q[name] = values
	}
	res, err := http.Get(k.sendsms + "?" + q.Encode())
	if err != nil {
		k.w.Fatalf("sendsms: %v", err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusAccepted {
		k.w.Fatalf("sendsms: got %s %q, %v, want %d", res.Status, text, err, http.StatusAccepted)
	}
	k.saw = append(k.saw, "sendsms "+string(text))
}

// await waits for n calls of the web server, whose order does not matter.
func (k *kannel) await(n int) {
	k.w.Helper()
	var got []string
	for len(got) < n {
		select {
		case call := <-k.calls:
			got = append(got, call)
		case <-k.w.ctx.Done():
			k.w.Fatalf("calls: got %q, want %d", got, n)
		}
	}
	slices.Sort(got)
	k.saw = append(k.saw, got...)
}

// leave ends Kannel and returns what it saw.
func (k *kannel) leave() []string {
	k.w.Helper()
	for _, p := range []*process{k.smsbox, k.bearerbox} {
		if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
			k.w.Fatal(err)
		}
		p.wait(k.w.ctx)
	}
	return k.saw
}

// withReceipt asks for a call when the SMSC takes the message, and one for its receipt.
func (k *kannel) withReceipt(v url.Values) url.Values {
	v.Set("dlr-mask", "31")
	v.Set("dlr-url", k.web.URL+"/dlr?type=%d&id=%F&to=%p")
	return v
}

// TestKannel has Kannel as the ESME, from its HTTP interface to its calls.
func TestKannel(t *testing.T) {
	const numbered = 4 // all that have room: not the first two parts of the long one, nor the binary one
	const calls = 2    // of a message with receipt
	s := scenario{numbered: numbered, blur: blurChosen, hasty: true, play: func(w *world) []string {
		k := w.startKannel()
		k.send(k.withReceipt(url.Values{"text": {"Hello from Kannel"}}))
		k.await(calls)
		k.send(k.withReceipt(url.Values{"text": {"Здравствуйте"}, "charset": {"UTF-8"}, "coding": {"2"}}))
		k.await(calls)
		k.send(url.Values{"text": {strings.Repeat("a long message, ", 25)}})
		k.send(url.Values{"text": {"\x00\x01\x02"}, "udh": {"\x06\x05\x04\x0B\x84\x23\xF0"}, "coding": {"1"}})
		k.send(k.withReceipt(url.Values{"text": {"the last one"}}))
		k.await(calls)
		w.deliver(fromSMSC(0, "MO for Kannel", nil), smpp.StatusOK)
		k.await(1)
		if w.gated() {
			w.readFirst()
		}
		// The feedback brings Kannel neither a call nor the end of its session.
		w.deliver(fromSMSC(0, "afterwards", nil), smpp.StatusOK)
		k.await(1)
		return k.leave()
	}}
	s.run(t)
}

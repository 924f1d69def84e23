package simulator

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/testpeer"
)

// screen is what a command prints, line by line.
type screen struct {
	mu   sync.Mutex
	text strings.Builder
	more event
}

func (s *screen) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.more.fire()
	return s.text.Write(b)
}

// wait waits for a match and returns its first group.
func (s *screen) wait(t *testing.T, pattern string) string {
	t.Helper()
	re := regexp.MustCompile(pattern)
	var found []string
	err := s.more.wait(testpeer.Within(t), &s.mu, func() bool {
		found = re.FindStringSubmatch(s.text.String())
		return found != nil
	})
	if err != nil {
		t.Fatalf("printed %q, want %s", s.text.String(), pattern)
	}
	return found[len(found)-1]
}

// TestCommands runs the three simulators against each other.
func TestCommands(t *testing.T) {
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if b, _ := io.ReadAll(r.Body); !strings.Contains(string(b), `"number":17`) {
			answer(w, http.StatusNotFound)
			return
		}
		answer(w, http.StatusAccepted)
	}))
	defer app.Close()
	ctx, cancel := context.WithCancel(testpeer.Within(t))
	var center, bank, phone screen
	ended := make(chan error, 2)
	go func() {
		ended <- RunSMSC(ctx, SMSCCommand{
			Addr: "127.0.0.1:0", Control: "127.0.0.1:0", Reads: app.URL, Verbose: true, Out: &center,
		})
	}()
	addr := center.wait(t, `smsc listens on (\S+)`)
	control := center.wait(t, `control listens on (\S+)`)
	go func() {
		ended <- RunESME(ctx, ESMECommand{
			Addr: addr, ESMEOptions: ESMEOptions{Bind: Bind{SystemID: "bank"}}, From: sender, To: "+" + receiver,
			Text: "Hi#017", RegisteredDelivery: 1, Messages: 2, Stay: true, Out: &bank,
		})
	}()
	center.wait(t, `\d\d:\d\d:\d\d\.\d{3}  10690001 → 447700900123  2\. number 017 by marker  "Hi#017"`)
	bank.wait(t, `10690001 → \+447700900123  accepted as 4A7F02`)
	bank.wait(t, `deliver_sm esm_class 04  447700900123 → 10690001  "id:4A7F02 .*stat:DELIVRD`)

	inbox := HandsetCommand{Control: control, Receiver: receiver, Out: &phone}
	if err := RunHandset(ctx, inbox); err != nil {
		t.Fatal(err)
	}
	phone.wait(t, `1\. number 017 by marker`)
	inbox.Index = 2
	if err := RunHandset(ctx, inbox); err != nil {
		t.Fatal(err)
	}
	phone.wait(t, `447700900123 opened message 2`)
	direct := HandsetCommand{Reads: app.URL, Receiver: receiver, Sender: sender, Number: 17, Out: &phone}
	if err := RunHandset(ctx, direct); err != nil {
		t.Fatal(err)
	}
	phone.wait(t, `read response of 447700900123 to number 017 of 10690001: accepted`)
	direct.Number = 1
	if err := RunHandset(ctx, direct); err == nil {
		t.Error("a refused read response is no error")
	}
	if err := RunHandset(ctx, HandsetCommand{Receiver: receiver}); err == nil {
		t.Error("a handset without anything to do is no error")
	}
	cancel()
	for range 2 {
		if err := <-ended; err != nil {
			t.Errorf("ended with %v, want nil", err)
		}
	}
}

func TestRunESMERefused(t *testing.T) {
	_, addr := startSMSC(t, Options{})
	var out screen
	err := RunESME(testpeer.Within(t), ESMECommand{Addr: addr, From: sender, To: "447700900008", Text: "Hi", Out: &out})
	if err == nil || !strings.Contains(err.Error(), pdu.Status(8).Error()) {
		t.Errorf("RunESME = %v, want the refusal", err)
	}
	if err := RunLoad(testpeer.Within(t), LoadOptions{Addr: addr, Messages: 10}, &out); err != nil {
		t.Error(err)
	}
	out.wait(t, `sent 10, ok 10`)
}

func TestRunSMSCAddressTaken(t *testing.T) {
	_, addr := startSMSC(t, Options{})
	if err := RunSMSC(testpeer.Within(t), SMSCCommand{Addr: addr, Out: io.Discard}); err == nil {
		t.Error("listening on a taken address is no error")
	}
	if err := RunSMSC(testpeer.Within(t), SMSCCommand{Addr: "127.0.0.1:0", Control: addr, Out: io.Discard}); err == nil {
		t.Error("a control on a taken address is no error")
	}
}

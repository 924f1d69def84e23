package command

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/handset"
	"readback/internal/simulator"
	"readback/internal/simulator/load"
	"readback/internal/testpeer"
)

// screen is what a command prints, line by line.
type screen struct {
	mu   sync.Mutex
	text strings.Builder
	more chan struct{} // closed by the next Write, nil while nobody waits
}

func (s *screen) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.more != nil {
		close(s.more)
		s.more = nil
	}
	return s.text.Write(b)
}

// wait waits for a match and returns its last group.
func (s *screen) wait(t *testing.T, pattern string) string {
	t.Helper()
	re, ctx := regexp.MustCompile(pattern), testpeer.Within(t)
	for {
		text, more := s.printed()
		if found := re.FindStringSubmatch(text); found != nil {
			return found[len(found)-1]
		}
		select {
		case <-more:
		case <-ctx.Done():
			t.Fatalf("printed %q, want %s", text, pattern)
		}
	}
}

// printed returns what was printed so far, and a channel that closes when there is more.
func (s *screen) printed() (text string, more <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.more == nil {
		s.more = make(chan struct{})
	}
	return s.text.String(), s.more
}

const (
	esmeNumber    = "10690001"
	handsetNumber = "447700900123"
)

// verdict answers a read response.
func verdict(w http.ResponseWriter, code int) {
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(handset.Verdict{Code: code})
}

// startCenter serves an SMSC until the test ends and returns its address.
func startCenter(t *testing.T) string {
	t.Helper()
	c, ln := simulator.NewSMSC(simulator.Options{}), testpeer.Listen(t)
	testpeer.Serve(t, "the SMSC", ln, c.Serve)
	return ln.Addr().String()
}

// TestCommands runs the three simulators against each other.
func TestCommands(t *testing.T) {
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if b, _ := io.ReadAll(r.Body); !strings.Contains(string(b), `"number":17`) {
			verdict(w, http.StatusNotFound)
			return
		}
		verdict(w, http.StatusAccepted)
	}))
	defer app.Close()
	ctx, cancel := context.WithCancel(testpeer.Within(t))
	var center, bank, phone screen
	ended := make(chan error, 2)
	go func() {
		ended <- RunSMSC(ctx, SMSC{
			Addr: "127.0.0.1:0", Control: "127.0.0.1:0", Reads: app.URL, Verbose: true, Out: &center,
		})
	}()
	addr := center.wait(t, `smsc listens on (\S+)`)
	control := center.wait(t, `control listens on (\S+)`)
	go func() {
		ended <- RunESME(ctx, ESME{
			Addr: addr, ESMEOptions: simulator.ESMEOptions{Bind: simulator.Bind{SystemID: "bank"}}, From: esmeNumber, To: "+" + handsetNumber,
			Text: "Hi#017", RegisteredDelivery: 1, Messages: 2, Stay: true, Out: &bank,
		})
	}()
	center.wait(t, `\d\d:\d\d:\d\d\.\d{3}  10690001 → 447700900123  2\. number 017 by marker  "Hi#017"`)
	bank.wait(t, `10690001 → \+447700900123  accepted as 4A7F02`)
	bank.wait(t, `deliver_sm esm_class 04  447700900123 → 10690001  "id:4A7F02 .*stat:DELIVRD`)

	inbox := Handset{Control: control, Receiver: handsetNumber, Out: &phone}
	if err := RunHandset(ctx, inbox); err != nil {
		t.Fatal(err)
	}
	phone.wait(t, `1\. number 017 by marker`)
	inbox.Index = 2
	if err := RunHandset(ctx, inbox); err != nil {
		t.Fatal(err)
	}
	phone.wait(t, `447700900123 opened message 2`)
	direct := Handset{Reads: app.URL, Receiver: handsetNumber, Sender: esmeNumber, Number: 17, Out: &phone}
	if err := RunHandset(ctx, direct); err != nil {
		t.Fatal(err)
	}
	phone.wait(t, `read response of 447700900123 to number 017 of 10690001: accepted`)
	direct.Number = 1
	if err := RunHandset(ctx, direct); err == nil {
		t.Error("a refused read response is no error")
	}
	if err := RunHandset(ctx, Handset{Receiver: handsetNumber}); err == nil {
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
	addr := startCenter(t)
	var out screen
	err := RunESME(testpeer.Within(t), ESME{Addr: addr, From: esmeNumber, To: "447700900008", Text: "Hi", Out: &out})
	if err == nil || !strings.Contains(err.Error(), pdu.Status(8).Error()) {
		t.Errorf("RunESME = %v, want the refusal", err)
	}
	if err := RunLoad(testpeer.Within(t), load.Options{Addr: addr, Messages: 10}, &out); err != nil {
		t.Error(err)
	}
	out.wait(t, `sent 10, ok 10`)
}

func TestRunSMSCAddressTaken(t *testing.T) {
	addr := startCenter(t)
	if err := RunSMSC(testpeer.Within(t), SMSC{Addr: addr, Out: io.Discard}); err == nil {
		t.Error("listening on a taken address is no error")
	}
	if err := RunSMSC(testpeer.Within(t), SMSC{Addr: "127.0.0.1:0", Control: addr, Out: io.Discard}); err == nil {
		t.Error("a control on a taken address is no error")
	}
}

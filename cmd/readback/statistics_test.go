package main

import (
	"context"
	"encoding/json"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/operator"
	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/smpp"
)

// TestStatisticsCommand asks how many messages were delivered and read: of two that were submitted, one.
func TestStatisticsCommand(t *testing.T) {
	r := startBefore(t, simulator.Options{Keep: 1000}, nil)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	esme := bindWhenReady(ctx, t, r, simulator.ESMEOptions{
		Bind: simulator.Bind{SystemID: "bank"}, OnRequest: func(smpp.Frame) pdu.Status { return smpp.StatusOK },
	})
	for _, coding := range []byte{0, 4} { // text, and what is no text
		m := simulator.ShortMessage{
			From: simulator.Number("10690001"), To: simulator.Number("447700900101"), DataCoding: coding, UserData: []byte("Hello"),
			RegisteredDelivery: smpp.RegisteredReadAck | smpp.RegisteredReceipt,
		}
		if resp, err := esme.Call(ctx, m.Append(nil, pdu.SubmitSMID, 0)); err != nil || resp.Status() != smpp.StatusOK {
			t.Fatalf("submit_sm: %v %v", resp, err)
		}
	}
	read, err := http.Post("http://"+r.Reads()+"/v1/reads", "application/json", strings.NewReader(`{"receiver":"+447700900101","number":1}`))
	if err != nil || read.StatusCode != http.StatusAccepted {
		t.Fatalf("read response: %v %v", read, err)
	}
	_ = read.Body.Close() // its status is all
	awaitReported(t, r)
	out, err := execute(t, "statistics", "--json", "--account", "bank", "--ops", r.Ops())
	var got operator.AccountStatistics
	if err != nil || json.Unmarshal([]byte(out), &got) != nil {
		t.Fatalf("in JSON: got %q, %v", out, err)
	}
	if got.TimeToRead == nil || got.TimeToRead.P90 < got.TimeToRead.Median {
		t.Errorf("time to read: got %+v, want a median and more", got.TimeToRead)
	}
	line, err := execute(t, "statistics", "--account", "bank", "--ops", r.Ops())
	if fields := strings.Fields(line); err != nil || len(fields) < 30 || strings.Join(fields[15:27], " ") != "bank 2 1 1 0 0 1 0 0 1 0 1" || !strings.Contains(line, "binary 1") {
		t.Errorf("the table: got %q, %v", line, err)
	}
	if out, err := execute(t, "statistics", "--account", "shop", "--ops", r.Ops()); out != "" || err == nil || !strings.HasPrefix(err.Error(), "account shop is not known") {
		t.Errorf("of another account: got %q, %v", out, err)
	}
	_, metrics := get(t, "http://"+r.Ops()+"/metrics")
	for _, want := range []string{
		`readback_messages_total{account="bank",state="delivered"} 1`, `readback_messages_total{account="bank",state="read"} 1`,
		`readback_time_to_read_seconds_count 1`, `readback_numbered_total{account="bank",carriage="udh",split="no"} 1`,
	} {
		if !strings.Contains(metrics, want) {
			t.Errorf("/metrics lacks %s", want)
		}
	}
}

// awaitReported returns when the ESME has acknowledged the feedback on one message.
func awaitReported(t *testing.T, r *running) {
	t.Helper()
	for ctx := testpeer.Within(t); ; runtime.Gosched() {
		if all := r.relay.Statistics(); len(all) == 1 && all[0].Reported == 1 && all[0].Delivered == 1 {
			return
		}
		if ctx.Err() != nil {
			t.Fatalf("got %+v, want one message delivered and reported", r.relay.Statistics())
		}
	}
}

func TestShortTime(t *testing.T) {
	for seconds, want := range map[float64]string{0.123: "100ms", 3.5: "3.5s", 75.4: "1m15s", 3*3600 + 61: "3h1m0s"} {
		if got := shortTime(seconds); got != want {
			t.Errorf("%v: got %s, want %s", seconds, got, want)
		}
	}
}

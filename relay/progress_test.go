package relay

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"readback/relay/journal"
	"readback/relay/relaytest"
)

type writerFunc func(b []byte)

func (f writerFunc) Write(b []byte) (int, error) {
	f(b)
	return len(b), nil
}

// While the log is read, Ready and the metrics say how far. The test looks when a damaged batch is noticed.
func TestReadySaysHowFarTheLogIsRead(t *testing.T) {
	t.Parallel()
	js := testStreams(t)
	good := journal.Seal(journal.AppendHeader(nil, journal.Header{Epoch: 1, Serial: 1}))
	for _, batch := range [][]byte{good, []byte("damaged")} {
		if _, err := js.Publish(relaytest.Deadline(t), journal.Subject, batch); err != nil {
			t.Fatal(err)
		}
	}
	opt, reg := testOptions(t), prometheus.NewRegistry()
	opt.NATS, opt.Registerer = js.Conn().ConnectedUrl(), reg
	count := func() (all [2]float64) {
		all[0] = relaytest.Metric(t, reg, "readback_index_replay_batches", "")
		all[1] = relaytest.Metric(t, reg, "readback_index_replay_batches_read", "")
		return all
	}
	var r *Relay
	var ready []string
	var counts [][2]float64
	opt.Logger = slog.New(slog.NewTextHandler(writerFunc(func(b []byte) {
		if bytes.Contains(b, []byte("is damaged")) && len(ready) == 0 {
			ready, counts = append(ready, r.Ready().Error()), append(counts, count())
		}
	}), nil))
	r, err := Open(opt)
	if err != nil {
		t.Fatal(err)
	}
	counts = append(counts, count())
	running := run(t, r)
	if err := r.WaitReady(relaytest.Deadline(t)); err != nil {
		t.Fatal(err)
	}
	if err := r.Ready(); err != nil {
		t.Errorf("ready: got %v, want that it is", err)
	}
	counts = append(counts, count())
	_ = running.stop()
	if len(ready) != 1 || len(counts) != 3 {
		t.Fatalf("got %q, %v, want how far it is, once", ready, counts)
	}
	all := counts[1][0] // on a slow machine the ledger begins more than once before it is read
	want := fmt.Sprintf("ledger is starting: reading the log, %.0f%% of %.0f batches", 100/all, all)
	if all < 2 || !strings.HasPrefix(ready[0], want) {
		t.Errorf("got %q, want %q", ready[0], want)
	}
	if want := [3][2]float64{{0, 0}, {all, 1}, {all, all}}; [3][2]float64(counts) != want {
		t.Errorf("metrics before, meanwhile and behind it: got %v, want %v", counts, want)
	}
}

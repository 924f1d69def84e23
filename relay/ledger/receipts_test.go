package ledger

import (
	"bytes"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"readback/relay/index"
	"readback/relay/journal"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// The ledger ignores receipts with an impossible message_id, and counts those that it drops.
func TestReceiptsAreBounded(t *testing.T) {
	l, h := idleLedger(t)
	long := make([]byte, journal.MaxMessageID+1)
	for _, id := range [][]byte{nil, long} {
		if l.Receipt("bank", h.conv, id, message.StateDelivered, 0); len(l.passed) > 0 {
			t.Errorf("id of %d octets: got it taken", len(id))
		}
	}
	l.status.Set(ErrDown)
	if l.Receipt("bank", h.conv, []byte("A"), message.StateDelivered, 0); len(l.passed) > 0 {
		t.Error("while down: got it taken")
	}
	l.status.Set(nil)
	if got := testutil.ToFloat64(l.dropped); got != 1 {
		t.Errorf("while down: got %v counted, want 1", got)
	}
	l.Receipt("bank", h.conv, long[1:], message.StateFailed, 0)
	if rc := l.takePassed()[0]; rc.conv != h.conv || !bytes.Equal(rc.messageID, long[1:]) || rc.state != message.StateFailed || time.Since(rc.at) > time.Hour {
		t.Errorf("got %+v", rc)
	}
	for range maxReceipts + 3 {
		l.Receipt("bank", h.conv, []byte("A"), message.StateDelivered, 0)
	}
	if got := testutil.ToFloat64(l.dropped); got != 4 || len(l.passed) != maxReceipts {
		t.Errorf("got %v counted as dropped and %d taken, want 4 and %d", got, len(l.passed), maxReceipts)
	}
}

// A receipt that comes before the response to its message is tried again for half a minute. If
// the conversation has no outstanding message, it is tried again for a second: it may have other addresses.
func TestEarlyReceipts(t *testing.T) {
	for _, tt := range []struct {
		name   string
		onWay  bool
		answer time.Duration
		want   bool
	}{
		{"soon", true, 10 * time.Second, true},
		{"just in time", true, earlyWait - time.Second, true},
		{"too late", true, earlyWait + time.Second, false},
		{"not on its way", false, 10 * time.Second, false},
		{"not on its way by these addresses", false, strayWait / 4, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ix, err := index.Open(t.TempDir(), slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = ix.Close() }()
			c := relaytest.Conversation(t, "10690001", "447700900123")
			synctest.Test(t, func(t *testing.T) {
				l := ledgerOn(ix)
				l.status.Set(nil)
				h := l.table.addForTest(c)
				if tt.onWay {
					h.sent(out{})
				}
				l.Receipt("bank", c, []byte("A"), message.StateDelivered, 0)
				go l.ResolveReceipts(t.Context()) // until the bubble ends
				time.Sleep(tt.answer)             // of the bubble
				l.applyRecords(t, 1, func(b []byte) []byte {
					p := journal.Place{Conv: c, Day: message.DayOf(time.Now().UnixMilli()), Number: 1}
					return journal.AppendAccepted(b, &journal.Record{Place: p, Bound: 1, At: 1, MessageID: []byte("A"), From: message.Address{Addr: c.Sender}, To: message.Address{Addr: c.Receiver}}, "bank")
				})
				time.Sleep(2 * time.Second)
				if got := testutil.ToFloat64(l.unmatched) == 0; got != tt.want {
					t.Errorf("got it matched: %v, want %v", got, tt.want)
				}
				if b := l.queue.take(); (b != nil && b.counts[journal.KindReceipt] == 1) != tt.want {
					t.Errorf("got %+v queued, want the receipt: %v", b, tt.want)
				}
			})
		})
	}
}

package receipts

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"readback/smpp"
)

// While a message is in transit in parts a receipt of its conversation waits: nothing but
// receipts does, and no more than there is room for.
func TestReceiptsInTransitOnly(t *testing.T) {
	r := newReceiving(t, fakeLedger{}, func(*Options) {})
	c := ConversationOf(parsed(t, deliveredReceipt))
	transit := r.BeginTransit("bank", c)
	shop := r.BeginTransit("shop", c)
	shop.Accepted([]byte("0C1"))
	shop.End()
	shop.Accepted([]byte("4A7F01")) // late
	other := r.BeginTransit("shop", ConversationOf(parsed(t, deliverFrame("10690003", 0x04, "", "", 7))))
	other.Accepted([]byte("c1"))
	defer func() {
		if other.End(); len(r.transits.ids) > 0 {
			t.Errorf("left: %v", r.transits.ids)
		}
	}()
	for name, other := range map[string]smpp.Frame{
		"message":               deliverFrame("10690001", 0, "id:4A7F01 stat:DELIVRD", "", 7),
		"receipt without id":    deliverFrame("10690001", 0x04, "stat:DELIVRD", "", 7),
		"another conversation":  deliverFrame("10690002", 0x04, "id:4A7F01 stat:DELIVRD", "", 7),
		"another account":       deliverFrame("10690002", 0x04, "id:C1 stat:DELIVRD", "", 7),
		"receipt to no address": deliverFrame("", 0x04, "id:4A7F01 stat:DELIVRD", "", 7),
	} {
		if r.take(other, r.later) {
			t.Errorf("%s: taken, want it to go its way", name)
		}
	}
	if !r.take(deliveredReceipt, full()) {
		t.Error("the receipt that is one too many was not taken")
	}
	if got := r.did(); !slices.Equal(got, []string{"answered 64"}) {
		t.Errorf("one too many: got %v, want ESME_RX_T_APPN", got)
	}
	if got := testutil.ToFloat64(r.merged.WithLabelValues("refused")); got != 1 {
		t.Errorf("refused: counted %v, want 1", got)
	}
	if !r.take(deliveredReceipt, r.later) {
		t.Error("the receipt was not taken")
	}
	transit.End()
	if got := r.did(); !slices.Equal(got, []string{"forwarded"}) || !slices.Equal(r.noted, []string{"4A7F01 delivered"}) {
		t.Errorf("transit ended: got %v, noted %v; want it to be forwarded and noted", got, r.noted)
	}
}

// A receipt waits for the messages that were in transit in parts when it came, and then goes
// its way: it is kept, too, where an account wants that. When their transit does not end the SMSC
// keeps it: one of their parts may be what it is about.
func TestReceiptWaitsForTransits(t *testing.T) {
	for _, tt := range []struct {
		name string
		held bool
		ends bool
		want string
	}{
		{"ends", false, true, "forwarded"},
		{"held", true, true, "answered 00"},
		{"does not", true, false, "answered 64"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newReceiving(t, fakeLedger{}, func(o *Options) {
					o.Hold = holding(func(string, string, []byte) (bool, error) { return tt.held, nil })
				})
				m, rc, _ := Parse(partReceiptOf("other", "DELIVRD", "000", 2, 7))
				c := ConversationOf(m)
				before := r.BeginTransit("bank", c)
				p := r.path
				if !r.TakePart(t.Context(), m, &rc, r.later, p) {
					t.Fatal("the receipt was not taken")
				}
				after := r.BeginTransit("bank", c) // not waited for
				synctest.Wait()
				if len(p) > 0 {
					t.Errorf("%s before the transit has ended", <-p)
				}
				if tt.ends {
					time.Sleep(MaxWait - 1)
					before.End()
				}
				_ = r.group.Wait()
				if got, _, _ := strings.Cut(<-p, "\n"); got != tt.want || len(p) > 0 {
					t.Errorf("got %s and %d more, want %s", got, len(p), tt.want)
				}
				if !tt.ends {
					before.End()
				}
				if after.End(); r.InTransit() > 0 {
					t.Errorf("left: %v", r.transits.by)
				}
			})
		})
	}
}

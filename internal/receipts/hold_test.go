package receipts

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/simulator"
	"readback/relay/message"
	"readback/smpp"
)

// What is held is a receipt of a delivery that says whose message it is about; everything else
// is left to others.
func TestHoldReceiptOnly(t *testing.T) {
	from := func(from, to string, esmClass byte, text string) smpp.Frame {
		return simulator.ShortMessage{
			From: simulator.Number(from), To: simulator.Number(to), ESMClass: esmClass, UserData: []byte(text),
		}.Append(nil, pdu.DeliverSMID, 7)
	}
	const good = "id:4A7F01 stat:DELIVRD"
	holds := holding(func(string, string, []byte) (bool, error) { return true, nil })
	for _, tt := range []struct {
		name    string
		account string
		hold    HoldFunc
		f       smpp.Frame
		want    bool
	}{
		{"a receipt", "bank", holds, from(receiver, "10690001", 0x04, good), true},
		{"of nobody that is known", "", holds, from(receiver, "10690001", 0x04, good), false},
		{"nobody holds", "bank", nil, from(receiver, "10690001", 0x04, good), false},
		{"not asked for", "shop", holds, from(receiver, "10690001", 0x04, good), false},
		{"a message", "bank", holds, from(receiver, "10690001", 0, good), false},
		{"an intermediate notification", "bank", holds, from(receiver, "10690001", 0x20, good), false},
		{"no message_id", "bank", holds, from(receiver, "10690001", 0x04, "stat:DELIVRD"), false},
		{"no state", "bank", holds, from(receiver, "10690001", 0x04, "id:4A7F01"), false},
		{"expired", "bank", holds, from(receiver, "10690001", 0x04, "id:4A7F01 stat:EXPIRED"), false},
		{"no source_addr", "bank", holds, from("", "10690001", 0x04, good), true},
		{"no destination_addr", "bank", holds, from(receiver, "", 0x04, good), true},
	} {
		r := newReceiving(t, fakeLedger{}, func(o *Options) {
			o.Hold, o.IsHeld = tt.hold, func(account string) bool { return account != "shop" }
		})
		if got := r.hold(tt.account, tt.f, r.later); got != tt.want {
			t.Errorf("%s: held %t, want %t", tt.name, got, tt.want)
		}
		if got := r.did(); tt.want != slices.Equal(got, []string{"answered 00"}) {
			t.Errorf("%s: it was %v", tt.name, got)
		}
		if len(r.noted) > 0 {
			t.Errorf("%s: the ledger hears of %v", tt.name, r.noted)
		}
	}
}

// A receipt that is not held after all passes, and the ledger hears of it; when too many wait
// the SMSC keeps it.
func TestHoldReceiptPasses(t *testing.T) {
	passing := func(o *Options) {
		o.Hold = holding(func(string, string, []byte) (bool, error) { return false, nil })
	}
	r := newReceiving(t, fakeLedger{}, passing)
	if !r.hold("bank", deliveredReceipt, r.later) {
		t.Error("the receipt was not taken")
	}
	if got := r.did(); !slices.Equal(got, []string{"forwarded"}) || !slices.Equal(r.noted, []string{"4A7F01 delivered"}) {
		t.Errorf("got %v, noted %v; want it to be forwarded and noted", got, r.noted)
	}
	if !r.hold("bank", deliveredReceipt, full()) {
		t.Error("the receipt that is one too many was not taken")
	}
	if got := r.did(); !slices.Equal(got, []string{"answered 64"}) {
		t.Errorf("one too many: got %v, want ESME_RX_T_APPN", got)
	}
}

// holdLong is a HoldFunc that never answers by itself.
func holdLong(ctx context.Context, _ string, _ message.Conversation, _, _ []byte) (bool, error) {
	<-ctx.Done()
	return false, ctx.Err()
}

// A receipt that cannot be held in time the SMSC keeps.
func TestHoldInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReceiving(t, fakeLedger{}, func(o *Options) { o.Hold = holdLong })
		begin := time.Now()
		if !r.hold("bank", deliveredReceipt, r.later) {
			t.Error("the receipt was not taken")
		}
		if got := strings.Join(r.did(), " "); got != "answered 64" || time.Since(begin) != MaxWait {
			t.Errorf("got %s after %v, want ESME_RX_T_APPN after %v", got, time.Since(begin), MaxWait)
		}
	})
}

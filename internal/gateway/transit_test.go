package gateway

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/smpp"
)

// path says what became of the receipts that came on it.
type path chan string

func (path) account() string { return "bank" }

func (path) Contain() {} // what panics fails the test

func (p path) forward(smpp.Message) error { p <- "forwarded"; return nil }

func (p path) reply(_ smpp.Frame, status pdu.Status) error {
	p <- fmt.Sprintf("answered %02x", uint32(status))
	return nil
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
				r := newReceiving(t, fakeLedger{}, func(o *receiptOptions) {
					o.Hold = holding(func(string, string, []byte) (bool, error) { return tt.held, nil })
				})
				m, rc, _ := readAgain(partReceiptOf("other", "DELIVRD", "000", 2, 7))
				c, _ := receiptConversation(m)
				before := r.beginTransit(c)
				p := r.path
				if !r.takeReceipt(t.Context(), m, &rc, r.later, p) {
					t.Fatal("the receipt was not taken")
				}
				after := r.beginTransit(c) // not waited for
				synctest.Wait()
				if len(p) > 0 {
					t.Errorf("%s before the transit has ended", <-p)
				}
				if tt.ends {
					time.Sleep(earlyTime - 1)
					before.end()
				}
				_ = r.group.Wait()
				if got := <-p; got != tt.want || len(p) > 0 {
					t.Errorf("got %s and %d more, want %s", got, len(p), tt.want)
				}
				if !tt.ends {
					before.end()
				}
				if after.end(); r.inTransit() > 0 {
					t.Errorf("left: %v", r.transits.by)
				}
			})
		})
	}
}

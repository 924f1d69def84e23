package operator

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"readback/relay/feedback"
	"readback/relay/message"
)

// HeldReceipt is the SMSC's receipt of a delivery that waits for a read to take its place (feedback.hold_receipt), in
// JSON. The receiver is masked unless it is asked for in full, and so is a sender that may be a subscriber.
type HeldReceipt struct {
	ID        uint64    `json:"id"`
	Account   string    `json:"account"`
	Sender    string    `json:"sender,omitempty"`
	Receiver  string    `json:"receiver,omitempty"`
	Number    uint16    `json:"number"`
	MessageID string    `json:"message_id"` // as the receipt has it
	Since     time.Time `json:"since"`      // when it came
	Until     time.Time `json:"until"`      // then the ESME gets it, unless the message was read
}

// HeldReceipts is a page of them: those of an account in the order in which they came.
type HeldReceipts struct {
	Receipts []HeldReceipt `json:"receipts"`
	Next     string        `json:"next,omitempty"` // cursor of the next page; missing at the end
}

// HeldSource returns receipts that are held, after an ID.
type HeldSource func(ctx context.Context, account string, after uint64, limit int) (all []feedback.Held, more bool, err error)

// HeldPage returns the page GET /v1/held, for one account with ?account=, and with receivers in full with ?full=true.
func HeldPage(held HeldSource) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		after, ok := whole(w, r, "cursor", 0, 0, 1<<63-1)
		if !ok {
			return
		}
		limit, ok := whole(w, r, "limit", usualPage, 1, maxPage)
		if !ok {
			return
		}
		full, ok := flag(w, r, "full")
		if !ok {
			return
		}
		all, more, err := held(r.Context(), r.URL.Query().Get("account"), after, int(limit))
		if err != nil {
			w.Header().Set("Retry-After", "1")
			refuse(w, http.StatusServiceUnavailable, problem{Detail: "held receipts cannot be read: " + err.Error(), Hint: "GET /readyz says why; ask again"})
			return
		}
		page := HeldReceipts{Receipts: make([]HeldReceipt, 0, len(all))}
		for i := range all {
			page.Receipts = append(page.Receipts, heldJSON(&all[i], full))
		}
		if more {
			page.Next = strconv.FormatUint(all[len(all)-1].ID, 10)
		}
		answer(w, page)
	})
}

func heldJSON(h *feedback.Held, full bool) HeldReceipt {
	j := HeldReceipt{
		ID: h.ID, Account: message.Shown(h.Account), Sender: message.Shown(h.Conversation.Sender.String()), Receiver: h.Conversation.Receiver.String(),
		Number: h.Number, MessageID: message.Shown(h.MessageID), Since: h.Since, Until: h.Until,
	}
	if !full {
		j.Sender, j.Receiver = message.MaskSender(j.Sender), message.Mask(j.Receiver)
	}
	return j
}

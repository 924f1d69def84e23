package operator

import (
	"net/http"
	"time"

	"readback/internal/gateway"
	"readback/relay/message"
	"readback/smpp"
)

// UnnumberedMessage is a message that passed without a number, or that the SMSC refused, in JSON. Sender and receiver are missing if they
// cannot be read. The receiver is masked unless it is asked for in full, and so is a sender that may be a subscriber.
type UnnumberedMessage struct {
	Time     time.Time `json:"time"`
	Account  string    `json:"account"`
	Session  uint32    `json:"session"`
	Command  string    `json:"command"`
	Sequence uint32    `json:"sequence"` // sequence_number
	Sender   string    `json:"sender,omitempty"`
	Receiver string    `json:"receiver,omitempty"`
	Skip     string    `json:"skip"`   // as in the metric readback_submits_total, or refused
	Reason   string    `json:"reason"` // the same in a sentence

	// What the SMSC answered; missing if it has not.
	Status    string `json:"status,omitempty"` // as SMPP names it: ESME_ROK
	MessageID string `json:"message_id,omitempty"`
}

// Unnumbered is the last of them, the newest first.
type Unnumbered struct {
	Messages []UnnumberedMessage `json:"messages"`
}

// SkippedSource is what the page about them asks.
type SkippedSource interface {
	Skipped(account string) []gateway.Skipped
}

// UnnumberedPage returns the page GET /v1/unnumbered, for one account with ?account=, and with receivers in full with
// ?full=true.
func UnnumberedPage(g SkippedSource) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		limit, ok := whole(w, r, "limit", usualPage, 1, maxPage)
		if !ok {
			return
		}
		full, ok := flag(w, r, "full")
		if !ok {
			return
		}
		all := g.Skipped(r.URL.Query().Get("account"))
		all = all[:min(len(all), int(limit))]
		page := Unnumbered{Messages: make([]UnnumberedMessage, 0, len(all))}
		for _, m := range all {
			if !full {
				m.From, m.To = message.MaskSender(m.From), message.Mask(m.To)
			}
			skip, reason := skipOf(&m)
			page.Messages = append(page.Messages, UnnumberedMessage{
				Time: m.Time.Truncate(time.Millisecond), Account: m.Account, Session: uint32(m.Session), Command: smpp.Command(m.Command), Sequence: m.Sequence,
				Sender: m.From, Receiver: m.To, Skip: skip, Reason: reason,
				Status: m.Status, MessageID: m.MessageID,
			})
		}
		answer(w, page)
	})
}

package control

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"time"

	"readback/internal/simulator"
)

// InboxMessage is a message as the control shows it.
type InboxMessage struct {
	Index    int       `json:"index"`
	From     string    `json:"from"`
	Text     string    `json:"text"`
	Number   *int      `json:"number,omitempty"`
	Carriage string    `json:"carriage,omitempty"`
	Element  string    `json:"element,omitempty"` // hex
	UDH      string    `json:"udh,omitempty"`     // hex
	Parts    int       `json:"parts"`
	At       time.Time `json:"at"`
	Opened   bool      `json:"opened"`
}

// NewInboxMessage returns a message as the control shows it.
func NewInboxMessage(m simulator.Message) InboxMessage {
	out := InboxMessage{
		Index: m.Index, From: m.From, Text: m.Text, Carriage: m.Carriage,
		Element: hex.EncodeToString(m.Element), UDH: hex.EncodeToString(m.UDH),
		Parts: m.Parts, At: m.At, Opened: m.Opened,
	}
	if m.HasNumber {
		out.Number = &m.Number
	}
	return out
}

func (c control) handsets(w http.ResponseWriter, _ *http.Request) {
	if c.smsc.Network() == nil {
		answer(w, http.StatusOK, []string{})
		return
	}
	answer(w, http.StatusOK, c.smsc.Network().Handsets())
}

// number reads the handset's number of the path. It has answered the request if ok is false.
func (c control) number(w http.ResponseWriter, r *http.Request) (msisdn string, ok bool) {
	msisdn = r.PathValue("msisdn")
	switch {
	case c.smsc.Network() == nil:
		refuse(w, http.StatusNotFound, "no such handset", "the SMSC has none with --sink")
	case !simulator.IsNumber(msisdn):
		refuse(w, http.StatusBadRequest, fmt.Sprintf("handset %q: not a number", msisdn), "digits, such as 447700900101")
	default:
		return msisdn, true
	}
	return "", false
}

// await waits for n messages of a handset, which it creates if need be. It has answered the request if it returns
// false.
func (c control) await(ctx context.Context, w http.ResponseWriter, msisdn string, n int) bool {
	if n == 0 {
		return true
	}
	h := c.smsc.Network().Handset(msisdn)
	if h == nil {
		refuse(w, http.StatusNotFound, "no such handset, and too many others", "POST /reset forgets them")
		return false
	}
	_, _ = h.WaitMessage(ctx, n) // what there is, is the answer
	return true
}

func (c control) messages(w http.ResponseWriter, r *http.Request) {
	ctx, cancel, n, ok := waitFor(w, r)
	if !ok {
		return
	}
	defer cancel()
	msisdn, ok := c.number(w, r)
	if !ok || !c.await(ctx, w, msisdn, n) {
		return
	}
	out := []InboxMessage{}
	if h := c.smsc.Network().Known(msisdn); h != nil {
		for _, m := range h.Messages() {
			out = append(out, NewInboxMessage(m))
		}
	}
	answer(w, http.StatusOK, out)
}

func (c control) open(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Index   int  `json:"index"`
		Deleted bool `json:"deleted"`
	}
	if !readJSON(w, r, &body) {
		return
	}
	msisdn, ok := c.number(w, r)
	if !ok {
		return
	}
	h := c.smsc.Network().Known(msisdn)
	m, err := simulator.Message{}, simulator.ErrNoMessage
	if h != nil {
		m, err = h.Message(body.Index)
	}
	if err != nil {
		refuse(w, http.StatusNotFound, err.Error(), "GET /handsets/{msisdn}/messages lists them; index counts from 1")
		return
	}
	if body.Deleted {
		err = h.Delete(r.Context(), m)
	} else {
		err = h.Open(r.Context(), m)
	}
	var refused *simulator.RefusedError
	switch {
	case errors.As(err, &refused):
		refuse(w, refused.Code, err.Error(), "")
	case errors.Is(err, simulator.ErrNoRespond):
		refuse(w, http.StatusConflict, err.Error(), "start the SMSC with --reads")
	case errors.Is(err, simulator.ErrNoNumber):
		refuse(w, http.StatusConflict, err.Error(), "only a message that the gateway has numbered can be answered; readback why says why it has not")
	case err != nil:
		refuse(w, http.StatusConflict, err.Error(), "does the server of --reads run?")
	default:
		answer(w, http.StatusAccepted, struct{}{})
	}
}

package control

import (
	"encoding/hex"
	"errors"
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

// handset finds the handset of the path; it has answered the request if it is nil.
func (c control) handset(w http.ResponseWriter, r *http.Request) *simulator.Handset {
	var h *simulator.Handset
	if c.smsc.Network() != nil {
		h = c.smsc.Network().Handset(r.PathValue("msisdn"))
	}
	if h == nil {
		refuse(w, http.StatusNotFound, "no such handset", "the SMSC has none with --sink")
	}
	return h
}

func (c control) messages(w http.ResponseWriter, r *http.Request) {
	ctx, cancel, n, ok := waitFor(w, r)
	if !ok {
		return
	}
	defer cancel()
	h := c.handset(w, r)
	if h == nil {
		return
	}
	if n > 0 {
		_, _ = h.WaitMessage(ctx, n) // what there is, is the answer
	}
	out := []InboxMessage{}
	for _, m := range h.Messages() {
		out = append(out, NewInboxMessage(m))
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
	h := c.handset(w, r)
	if h == nil {
		return
	}
	m, err := h.Message(body.Index)
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

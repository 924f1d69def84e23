package control

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/simulator"
	"readback/smpp"
	"readback/smpp/receipt"
)

// ReceivedPDU is a PDU that came in as the control shows it.
type ReceivedPDU struct {
	Session uint64    `json:"session"`
	Account string    `json:"account"`
	At      time.Time `json:"at"`
	Command string    `json:"command"`
	Hex     string    `json:"hex"`
}

// Answer is what an ESME has answered.
type Answer struct {
	Status uint32 `json:"status"`
	Name   string `json:"name,omitempty"` // SMPP 3.4 §5.1.3
}

func newAnswer(s pdu.Status) Answer { return Answer{uint32(s), smpp.Mnemonic(s)} }

// MO is a message of a subscriber to an ESME, for POST /mo.
type MO struct {
	Account string `json:"account"` // empty: any that is bound
	From    string `json:"from"`    // the subscriber
	To      string `json:"to"`      // the ESME's number
	Text    string `json:"text"`
	Coding  string `json:"coding"` // gsm7, ucs2, ascii or latin1; empty: gsm7 if that has all characters, else ucs2
	Hex     string `json:"hex"`    // octets in place of text: binary
	UDH     string `json:"udh"`    // hex, length octet included
}

// MOAnswer is what the ESME has answered: one item for each part of the message.
type MOAnswer struct {
	Parts []Answer `json:"parts"`
}

func (c control) received(w http.ResponseWriter, r *http.Request) {
	ctx, cancel, n, ok := waitFor(w, r)
	if !ok {
		return
	}
	defer cancel()
	var ids []pdu.ID
	if name := r.FormValue("command"); name != "" {
		id, known := smpp.CommandID(name)
		if !known {
			refuse(w, http.StatusBadRequest, fmt.Sprintf("command %q: unknown", name), "as SMPP names it, such as submit_sm")
			return
		}
		ids = append(ids, id)
	}
	if keep := c.smsc.Keep(); n > keep {
		refuse(w, http.StatusBadRequest, fmt.Sprintf("wait %d: the SMSC keeps %d PDUs", n, keep), "start it with a larger --keep, or wait for fewer")
		return
	}
	records := c.smsc.Received(ids...)
	if n > len(records) {
		records, _ = c.smsc.WaitReceived(ctx, n, ids...) // what there is, is the answer
	}
	out := []ReceivedPDU{}
	for _, rec := range records {
		out = append(out, ReceivedPDU{rec.Session, rec.Account, rec.At, smpp.Command(rec.Frame.ID()), hex.EncodeToString(rec.Frame)})
	}
	answer(w, http.StatusOK, out)
}

// octets reads hex, in which spaces do not count. It has answered the request if ok is false.
func octets(w http.ResponseWriter, field, text string) (b []byte, ok bool) {
	b, err := hex.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil {
		refuse(w, http.StatusBadRequest, field+": "+strings.TrimPrefix(err.Error(), "encoding/hex: "), "two hexadecimal digits for each octet")
	}
	return b, err == nil
}

func (c control) deliver(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Account string `json:"account"`
		Hex     string `json:"hex"`
	}
	if !readJSON(w, r, &body) {
		return
	}
	frame, ok := octets(w, "hex", body.Hex)
	if !ok {
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), maxWait)
	defer cancel()
	status, err := c.smsc.Deliver(ctx, body.Account, frame)
	if err != nil {
		refuseDelivery(w, err)
		return
	}
	answer(w, http.StatusOK, newAnswer(status))
}

func (c control) mo(w http.ResponseWriter, r *http.Request) {
	var body MO
	if !readJSON(w, r, &body) {
		return
	}
	m := simulator.MO{From: body.From, To: body.To, Text: body.Text, Coding: body.Coding}
	var ok bool
	if m.Octets, ok = octets(w, "hex", body.Hex); !ok {
		return
	}
	if m.UDH, ok = octets(w, "udh", body.UDH); !ok {
		return
	}
	if _, err := m.Frames(0); err != nil {
		refuseError(w, http.StatusBadRequest, err)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), maxWait)
	defer cancel()
	statuses, err := c.smsc.DeliverMO(ctx, body.Account, m)
	if err != nil {
		refuseDelivery(w, err)
		return
	}
	var out MOAnswer
	for _, s := range statuses {
		out.Parts = append(out.Parts, newAnswer(s))
	}
	answer(w, http.StatusOK, out)
}

func (c control) receipt(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Account   string `json:"account"`
		From      string `json:"from"`
		To        string `json:"to"`
		MessageID string `json:"message_id"`
		State     string `json:"state"`
		Error     string `json:"error"`
		TLVs      *bool  `json:"tlvs"`
	}
	if !readJSON(w, r, &body) {
		return
	}
	out := simulator.Receipt{From: body.From, To: body.To, MessageID: body.MessageID, Error: body.Error, NoTLVs: body.TLVs != nil && !*body.TLVs}
	if body.State != "" {
		if out.State = receipt.ParseStat([]byte(body.State)); out.State.Stat() != body.State {
			refuse(w, http.StatusBadRequest, fmt.Sprintf("state %q: unknown", body.State), "as in the text of a receipt: DELIVRD, UNDELIV, EXPIRED …")
			return
		}
	}
	ctx, cancel := context.WithTimeout(r.Context(), maxWait)
	defer cancel()
	status, err := c.smsc.DeliverReceipt(ctx, body.Account, out)
	if err != nil {
		refuseDelivery(w, err)
		return
	}
	answer(w, http.StatusOK, newAnswer(status))
}

// refuseDelivery answers that a PDU could not be delivered.
func refuseDelivery(w http.ResponseWriter, err error) {
	const sessions = "GET /status lists the sessions"
	switch {
	case errors.Is(err, simulator.ErrNotBound):
		refuse(w, http.StatusConflict, err.Error(), sessions)
	case errors.Is(err, simulator.ErrSeqInUse):
		refuse(w, http.StatusConflict, err.Error(), "zero takes a free one")
	case errors.Is(err, context.DeadlineExceeded):
		refuse(w, http.StatusGatewayTimeout, fmt.Sprintf("the ESME did not answer in %v", maxWait), "it must answer each request with the same sequence_number")
	case strings.Contains(err.Error(), " (hint: "):
		refuseError(w, http.StatusBadRequest, err)
	default: // the session is gone
		refuse(w, http.StatusConflict, err.Error(), sessions+"; the ESME may have got it")
	}
}

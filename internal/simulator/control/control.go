// Package control is an HTTP interface to a simulated SMSC and its handsets, and a client of
// it. Tests in any language use it.
package control

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/simulator"
	"readback/smpp"
)

// NewHandler returns a handler that drives an SMSC and its handsets over HTTP with JSON, for tests in any
// language:
//
//	GET  /handsets                                 their numbers
//	GET  /handsets/{msisdn}/messages?wait=n        the inbox, once n messages have arrived
//	POST /handsets/{msisdn}/open  {"index": 1}     the person reads it; "deleted": true deletes it unread
//	GET  /received?command=submit_sm&wait=n        the PDUs that came in, as hex
//	POST /deliver  {"account": "…", "hex": "…"}    sends a PDU, answers with its status
//	POST /disconnect  {"account": "…"}             closes the account's connections
//
// A wait ends after 30 seconds with what there is. Whoever reaches it may do all
// this: it belongs on loopback.
func NewHandler(smsc *simulator.SMSC) http.Handler {
	c := control{smsc}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /handsets", c.handsets)
	mux.HandleFunc("GET /handsets/{msisdn}/messages", c.messages)
	mux.HandleFunc("POST /handsets/{msisdn}/open", c.open)
	mux.HandleFunc("GET /received", c.received)
	mux.HandleFunc("POST /deliver", c.deliver)
	mux.HandleFunc("POST /disconnect", c.disconnect)
	return mux
}

type control struct{ smsc *simulator.SMSC }

const (
	controlWait    = 30 * time.Second
	maxControlBody = 4 * smpp.MaxFrameLen
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

// ReceivedPDU is a PDU that came in as the control shows it.
type ReceivedPDU struct {
	Session uint64    `json:"session"`
	Account string    `json:"account"`
	At      time.Time `json:"at"`
	Command string    `json:"command"`
	Hex     string    `json:"hex"`
}

func (c control) handsets(w http.ResponseWriter, _ *http.Request) {
	if c.smsc.Network() == nil {
		writeJSON(w, http.StatusOK, []string{})
		return
	}
	writeJSON(w, http.StatusOK, c.smsc.Network().Handsets())
}

// handset finds the handset of the path; it has answered the request if it is nil.
func (c control) handset(w http.ResponseWriter, r *http.Request) *simulator.Handset {
	var h *simulator.Handset
	if c.smsc.Network() != nil {
		h = c.smsc.Network().Handset(r.PathValue("msisdn"))
	}
	if h == nil {
		writeError(w, http.StatusNotFound, errors.New("no such handset"))
	}
	return h
}

// waitFor reads the parameter wait and bounds the waiting.
func waitFor(r *http.Request) (ctx context.Context, cancel context.CancelFunc, n int, err error) {
	if text := r.FormValue("wait"); text != "" {
		if n, err = strconv.Atoi(text); err != nil {
			return nil, nil, 0, fmt.Errorf("wait: %w", err)
		}
	}
	ctx, cancel = context.WithTimeout(r.Context(), controlWait)
	return ctx, cancel, n, nil
}

func (c control) messages(w http.ResponseWriter, r *http.Request) {
	ctx, cancel, n, err := waitFor(r)
	if err != nil {
		writeError(w, http.StatusBadRequest, err)
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
	writeJSON(w, http.StatusOK, out)
}

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

func (c control) open(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Index   int
		Deleted bool
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
		writeError(w, http.StatusNotFound, err)
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
		writeError(w, refused.Code, err)
	case err != nil:
		writeError(w, http.StatusConflict, err)
	default:
		writeJSON(w, http.StatusAccepted, struct{}{})
	}
}

func (c control) received(w http.ResponseWriter, r *http.Request) {
	ctx, cancel, n, err := waitFor(r)
	if err != nil {
		writeError(w, http.StatusBadRequest, err)
		return
	}
	defer cancel()
	ids := commandIDs(r.FormValue("command"))
	records := c.smsc.Received(ids...)
	if n > len(records) {
		records, _ = c.smsc.WaitReceived(ctx, n, ids...) // what there is, is the answer
	}
	out := []ReceivedPDU{}
	for _, rec := range records {
		out = append(out, ReceivedPDU{rec.Session, rec.Account, rec.At, smpp.Command(rec.Frame.ID()), hex.EncodeToString(rec.Frame)})
	}
	writeJSON(w, http.StatusOK, out)
}

// commandIDs are the PDUs of this name; none if it is empty, which stands for all.
func commandIDs(name string) []pdu.ID {
	if name == "" {
		return nil
	}
	for id := pdu.ID(0); id < 0x200; id++ {
		for _, id := range []pdu.ID{id, smpp.ResponseID(id)} {
			if smpp.Command(id) == name {
				return []pdu.ID{id}
			}
		}
	}
	return []pdu.ID{0} // reserved: nothing has it
}

func (c control) deliver(w http.ResponseWriter, r *http.Request) {
	var body struct{ Account, Hex string }
	if !readJSON(w, r, &body) {
		return
	}
	frame, err := hex.DecodeString(strings.Join(strings.Fields(body.Hex), ""))
	if err != nil {
		writeError(w, http.StatusBadRequest, fmt.Errorf("hex: %w", err))
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), controlWait)
	defer cancel()
	status, err := c.smsc.Deliver(ctx, body.Account, frame)
	if err != nil {
		writeError(w, http.StatusConflict, err)
		return
	}
	writeJSON(w, http.StatusOK, map[string]uint32{"status": uint32(status)})
}

func (c control) disconnect(w http.ResponseWriter, r *http.Request) {
	var body struct{ Account string }
	if readJSON(w, r, &body) {
		writeJSON(w, http.StatusOK, map[string]int{"sessions": c.smsc.Disconnect(body.Account)})
	}
}

// readJSON reads the body; it has answered the request if it returns false.
func readJSON(w http.ResponseWriter, r *http.Request, v any) bool {
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxControlBody)).Decode(v)
	if err != nil {
		writeError(w, http.StatusBadRequest, err)
	}
	return err == nil
}

func writeJSON(w http.ResponseWriter, code int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(v) // the client may be gone
}

func writeError(w http.ResponseWriter, code int, err error) {
	writeJSON(w, code, map[string]string{"error": err.Error()})
}

// Serve serves NewHandler(c) on ln until ctx ends.
func Serve(ctx context.Context, ln net.Listener, c *simulator.SMSC) error {
	srv := &http.Server{
		Handler:           NewHandler(c),
		ReadHeaderTimeout: 5 * time.Second,
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	defer context.AfterFunc(ctx, func() { _ = srv.Close() })()
	if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

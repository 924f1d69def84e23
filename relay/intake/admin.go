package intake

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"readback/relay/feedback"
	"readback/relay/journal"
	"readback/relay/message"
)

// admin is the operator's HTTP API.
type admin struct{ feedback *feedback.Service }

// AdminHandler returns the operator's HTTP API on queues and dead letters. It does not
// authenticate callers. It answers 503 until begun is closed, when the streams exist, and when too many
// requests are under way.
func AdminHandler(fb *feedback.Service, begun <-chan struct{}) http.Handler {
	a := &admin{feedback: fb}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/feedback", a.getQueues)
	mux.HandleFunc("GET /v1/dead", a.getDead)
	mux.HandleFunc("POST /v1/dead/replay", a.changeDead(a.replayOf))
	mux.HandleFunc("DELETE /v1/dead", a.changeDead(a.dropOf))
	return atMost(maxOperators, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		select {
		case <-begun:
			mux.ServeHTTP(w, req)
		default:
			refuse(w, message.TryAgain(journal.ErrNotConnected.Error()))
		}
	}))
}

func (a *admin) getQueues(w http.ResponseWriter, req *http.Request) {
	all, err := a.feedback.Queues(req.Context())
	if err != nil {
		refuse(w, message.TryAgain(err.Error()))
		return
	}
	if all == nil {
		all = []feedback.Queue{}
	}
	for i := range all {
		all[i].Account = message.Shown(all[i].Account)
	}
	reply(w, http.StatusOK, map[string][]feedback.Queue{"queues": all})
}

// deadQuery returns the query of a request for dead letters.
func deadQuery(values url.Values) (q feedback.DeadQuery, err error) {
	q = feedback.DeadQuery{Account: values.Get("account"), Event: values.Get("event"), Limit: 100}
	if s := values.Get("cursor"); s != "" {
		if q.After, q.Until, err = parseCursor(s); err != nil {
			return q, err
		}
	}
	if s := values.Get("limit"); s != "" {
		if q.Limit, err = strconv.Atoi(s); err != nil || q.Limit < 1 || q.Limit > feedback.MaxPage {
			return q, errors.New("limit is not from 1 to 1000")
		}
	}
	switch values.Get("full") {
	case "true", "false", "":
		return q, nil
	}
	return q, errors.New("full is neither true nor false")
}

func (a *admin) getDead(w http.ResponseWriter, req *http.Request) {
	q, err := deadQuery(req.URL.Query())
	if err != nil {
		refuse(w, message.Malformed("", err.Error()))
		return
	}
	letters, rest, err := a.feedback.DeadLetters(req.Context(), q)
	if err != nil {
		refuse(w, message.TryAgain(err.Error()))
		return
	}
	if letters == nil {
		letters = []feedback.DeadLetter{}
	}
	full := req.URL.Query().Get("full") == "true"
	for i := range letters {
		d := &letters[i]
		d.Account, d.Reason = message.Shown(d.Account), message.Shown(d.Reason)
		if !full {
			maskLetter(d)
		}
	}
	reply(w, http.StatusOK, struct {
		Letters []feedback.DeadLetter `json:"letters"`
		Next    string                `json:"next,omitempty"` // cursor of the next page; missing at the end
	}{letters, cursorOf(rest)})
}

// cursorOf returns the cursor of what is left; empty: nothing. It has the last ID there was at the first page too: what
// a replay puts back into the queue may come again as a dead letter, and would be replayed for ever.
func cursorOf(rest *feedback.DeadQuery) string {
	if rest == nil {
		return ""
	}
	return fmt.Sprintf("%d-%d", rest.After, rest.Until)
}

func parseCursor(s string) (after, until uint64, err error) {
	first, second, _ := strings.Cut(s, "-")
	after, err = strconv.ParseUint(first, 10, 63)
	if err == nil {
		until, err = strconv.ParseUint(second, 10, 63)
	}
	if err != nil {
		return 0, 0, errors.New("cursor is not the next of a page before")
	}
	return after, until, nil
}

// changed is the answer to a replay or a drop.
type changed struct {
	Count int    `json:"count"`
	Next  string `json:"next,omitempty"` // cursor of those that are left; missing at the end
}

// changeDead returns the handler of a replay or a drop. A request without an account or an event
// must have all=true.
func (a *admin) changeDead(change func(*http.Request, feedback.DeadQuery) (changed, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		values := req.URL.Query()
		q, err := deadQuery(values)
		if err == nil && q.Account == "" && q.Event == "" && values.Get("all") != "true" {
			err = errors.New("neither account nor event nor all=true")
		}
		if err != nil {
			refuse(w, message.Malformed("", err.Error()))
			return
		}
		done, err := change(req, q)
		if err != nil {
			refuse(w, message.TryAgain(err.Error()))
			return
		}
		reply(w, http.StatusOK, done)
	}
}

func (a *admin) replayOf(req *http.Request, q feedback.DeadQuery) (changed, error) {
	n, rest, err := a.feedback.Replay(req.Context(), q)
	return changed{n, cursorOf(rest)}, err
}

func (a *admin) dropOf(req *http.Request, q feedback.DeadQuery) (changed, error) {
	n, rest, err := a.feedback.Drop(req.Context(), q)
	return changed{n, cursorOf(rest)}, err
}

// maskLetter hides the middle of subscribers' addresses in the feedback.
func maskLetter(d *feedback.DeadLetter) {
	var fb map[string]any
	if json.Unmarshal(d.Feedback, &fb) != nil {
		return
	}
	for key, mask := range map[string]func(string) string{"sender": message.MaskSender, "receiver": message.Mask} {
		if s, ok := fb[key].(string); ok {
			fb[key] = mask(s)
		}
	}
	delete(fb, "receipt") // a PDU, with numbers in it
	delete(fb, "octets")
	if masked, err := json.Marshal(fb); err == nil {
		d.Feedback = masked
	}
}

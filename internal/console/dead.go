package console

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"

	"readback/relay/feedback"
	"readback/relay/message"
)

// deadPage is the answer of the API about dead letters.
type deadPage struct {
	Letters []feedback.DeadLetter
	Next    string
}

// deadView is what the page about them shows.
type deadView struct {
	Letters []letter
	Queues  []feedback.Queue
	Next    string // the query of the next page; empty: none
}

// letter is a dead letter, with what can be read of its feedback.
type letter struct {
	feedback.DeadLetter
	About message.Feedback
	Text  string // the feedback, as it is kept
}

func deadData(v *visit) (any, *problem) {
	q := url.Values{"limit": {"100"}}
	for _, name := range []string{"account", "event", "full", "cursor"} {
		if value := v.r.URL.Query().Get(name); value != "" {
			q.Set(name, value)
		}
	}
	dead, p := get[deadPage](v, "/v1/dead?"+q.Encode())
	if p != nil {
		return nil, p
	}
	queues, p := get[struct{ Queues []feedback.Queue }](v, "/v1/feedback")
	if p != nil {
		return nil, p
	}
	view := deadView{Queues: queues.Queues}
	for _, d := range dead.Letters {
		l := letter{DeadLetter: d}
		_ = json.Unmarshal(d.Feedback, &l.About) // what cannot be read is shown as it is
		var text bytes.Buffer
		if json.Indent(&text, d.Feedback, "", "  ") == nil {
			l.Text = text.String()
		}
		view.Letters = append(view.Letters, l)
	}
	if dead.Next != "" {
		q.Set("cursor", dead.Next)
		view.Next = q.Encode()
	}
	return view, nil
}

// changeDead replays or drops dead letters: one, those of an account, or all.
func (c *Console) changeDead(w http.ResponseWriter, r *http.Request) {
	method, target, done := http.MethodPost, "/v1/dead/replay", "replayed"
	if r.PostFormValue("do") == "drop" {
		method, target, done = http.MethodDelete, "/v1/dead", "dropped"
	}
	q := url.Values{"limit": {"1000"}}
	for _, name := range []string{"account", "event", "all"} {
		if value := r.PostFormValue(name); value != "" {
			q.Set(name, value)
		}
	}
	for range maxRounds {
		status, body := c.opt.Ops.Ask(r, method, target+"?"+q.Encode())
		var answer struct{ Next string }
		if status != http.StatusOK {
			c.fail(w, c.visit(r), problemOf(status, body))
			return
		}
		if json.Unmarshal(body, &answer) != nil || answer.Next == "" {
			break
		}
		q.Set("cursor", answer.Next)
	}
	http.Redirect(w, r, "/console/dead?done="+done, http.StatusSeeOther)
}

// maxRounds is how many requests one form may cause, of 1000 letters each.
const maxRounds = 100

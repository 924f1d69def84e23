package console

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"readback/relay/reads"
)

// handsetView is a handset of the demo, and beside it what its senders see.
type handsetView struct {
	Numbers []string
	Number  string // the handset
	Inbox   []HandsetMessage
	Sender  string // the sender whose side is shown; empty: none
	Bubbles []bubble
}

// maxInbox is how many messages a handset shows: the newest.
const maxInbox = 20

func handsetData(v *visit) (any, *problem) {
	handsets := v.c.opt.Handsets
	view := handsetView{Numbers: handsets.Numbers(), Number: v.r.URL.Query().Get("number")}
	if len(view.Numbers) == 0 {
		return view, nil
	}
	if !slices.Contains(view.Numbers, view.Number) {
		view.Number = view.Numbers[0]
	}
	all := handsets.Messages(view.Number)
	view.Inbox = all[max(0, len(all)-maxInbox):]
	if len(view.Inbox) == 0 {
		return view, nil
	}
	view.Sender = view.Inbox[len(view.Inbox)-1].From
	found, p := get[reads.ConversationView](v, "/v1/conversations/"+url.PathEscape(view.Sender)+"/"+url.PathEscape(view.Number))
	if p != nil {
		return view, p
	}
	view.Bubbles = bubbles(&found)
	view.Bubbles = view.Bubbles[max(0, len(view.Bubbles)-maxInbox):]
	for i := range view.Bubbles {
		view.Bubbles[i].Text = textOf(all, int(view.Bubbles[i].Number))
	}
	return view, nil
}

// textOf returns the text that the sender wrote of the newest message with a number. The handset knows it, and the
// gateway does not.
func textOf(inbox []HandsetMessage, number int) string {
	for i := len(inbox) - 1; i >= 0; i-- {
		if inbox[i].Number == number {
			return inbox[i].Sent
		}
	}
	return ""
}

// openMessage stands for the person opening a message on a handset of the demo.
func (c *Console) openMessage(w http.ResponseWriter, r *http.Request) {
	if c.opt.Handsets == nil {
		http.NotFound(w, r)
		return
	}
	number := r.PostFormValue("number")
	if !slices.Contains(c.opt.Handsets.Numbers(), number) {
		c.fail(w, c.visit(r), &problem{Status: http.StatusNotFound, Detail: "there is no such handset"})
		return
	}
	index, err := strconv.Atoi(r.PostFormValue("index"))
	if err != nil {
		c.fail(w, c.visit(r), &problem{Status: http.StatusBadRequest, Detail: "index is no whole number"})
		return
	}
	if err := c.opt.Handsets.Open(r.Context(), number, index); err != nil {
		c.fail(w, c.visit(r), &problem{Status: http.StatusConflict, Detail: err.Error()})
		return
	}
	http.Redirect(w, r, "/console/handsets?number="+url.QueryEscape(number), http.StatusSeeOther)
}

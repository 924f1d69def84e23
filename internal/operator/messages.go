package operator

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"readback/internal/gateway"
	"readback/relay/history"
	"readback/relay/message"
)

// Messages is some messages, the newest first.
type Messages struct {
	Messages   []Message `json:"messages"`
	Next       string    `json:"next,omitempty"`       // cursor of the next page; missing at the end
	Incomplete bool      `json:"incomplete,omitempty"` // there are so many that older ones may be left out
}

// MessageSource is what the page about messages asks. All of its fields are set.
type MessageSource struct {
	ByMessageID func(ctx context.Context, id, account string) ([]message.History, error)
	To          func(ctx context.Context, q *history.Query) (history.Page, error)
	Skipped     func(account string) []gateway.Skipped
	SameID      func(asked, id []byte) bool      // whether two message_ids are the same, as a receipt and a response may write it
	Form        func(account string) string      // in what form an account is told
	Log         func(r *http.Request, to string) // notes that somebody looks up the messages of a receiver
}

// MessagePage returns the page GET /v1/messages. With ?message_id= it finds the newest message of each account, or that
// of ?account=, that has the id; with ?receiver= the messages of a receiver, and with ?sender= beside it those of the conversation. They are
// in full with ?full=true.
func MessagePage(s MessageSource) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		full, ok := flag(w, r, "full")
		if !ok {
			return
		}
		q := r.URL.Query()
		id, receiver := q.Get("message_id"), q.Get("receiver")
		var page Messages
		switch {
		case (id == "") == (receiver == ""):
			refuse(w, http.StatusBadRequest, problem{Field: "message_id", Detail: "one of message_id and receiver is needed", Hint: "?message_id=4A7F01, or ?receiver=447700900101"})
			return
		case id != "":
			page, ok = s.byID(w, r, id, q.Get("account"))
		default:
			page, ok = s.to(w, r, receiver, q)
		}
		if !ok {
			return
		}
		if !full {
			for i := range page.Messages {
				page.Messages[i].mask()
			}
		}
		answer(w, page)
	})
}

// byID returns the messages that have a message_id. If ok is false, it has answered the request.
func (s *MessageSource) byID(w http.ResponseWriter, r *http.Request, id, account string) (page Messages, ok bool) {
	found, err := s.ByMessageID(r.Context(), id, account)
	if err != nil {
		unavailable(w, err)
		return page, false
	}
	page.Messages = make([]Message, 0, len(found))
	slices.SortStableFunc(found, func(a, b message.History) int { return message.CompareHistories(&a, &b) })
	for i := range found {
		page.Messages = append(page.Messages, messageJSON(&found[i], s.Form))
	}
	for _, m := range s.skippedAs(id, account) {
		page.addSkipped(m)
	}
	return page, true
}

// skippedAs returns the newest message without a number in memory of each account, or of one, that has a message_id.
func (s *MessageSource) skippedAs(id, account string) (all []Message) {
	for _, one := range s.Skipped(account) {
		isNewer := slices.ContainsFunc(all, func(m Message) bool { return m.Account == one.Account })
		if one.MessageID != "" && !isNewer && s.SameID([]byte(id), []byte(one.MessageID)) {
			all = append(all, skippedJSON(&one))
		}
	}
	return all
}

// addSkipped adds a message without a number that is in memory, unless the ledger knows a newer one of the account
// with that message_id. It takes the place of what the ledger knows of it, which is less.
func (p *Messages) addSkipped(m Message) {
	for i := range p.Messages {
		switch known := &p.Messages[i]; {
		case known.Account != m.Account:
		case known.Known == knownUnnumbered && message.DayOf(known.SubmittedAt.UnixMilli()) == message.DayOf(m.SubmittedAt.UnixMilli()):
			*known = m
			return
		case known.SubmittedAt.After(m.SubmittedAt):
			return
		}
	}
	p.Messages = append([]Message{m}, p.Messages...)
}

// to returns the messages of a receiver. If ok is false, it has answered the request.
func (s *MessageSource) to(w http.ResponseWriter, r *http.Request, receiver string, values url.Values) (page Messages, ok bool) {
	q := history.Query{Sender: values.Get("sender"), Account: values.Get("account")}
	var err error
	if q.Receiver, err = message.ParsePhoneNumber(receiver); err != nil {
		refuse(w, http.StatusBadRequest, problem{Field: "receiver", Detail: "receiver " + err.Error(), Hint: "write it with its country code, such as 447700900101"})
		return page, false
	}
	senders, err := history.Senders(q.Sender)
	if err != nil {
		refuse(w, http.StatusBadRequest, problem{Field: "sender", Detail: "sender: " + err.Error(), Hint: "write it as in the messages, or leave it out for all senders"})
		return page, false
	}
	limit, ok := whole(w, r, "limit", usualPage, 1, maxPage)
	if !ok {
		return page, false
	}
	after, err := parseMark(values.Get("cursor"))
	if err != nil {
		refuse(w, http.StatusBadRequest, problem{Field: "cursor", Detail: "cursor is not the next of a page before", Hint: cursorHint})
		return page, false
	}
	s.Log(r, q.Receiver.String())
	q.Until, q.Limit = after.until(), int(limit)+after.seen+1
	found, err := s.To(r.Context(), &q)
	if err != nil {
		unavailable(w, err)
		return page, false
	}
	page = Messages{Messages: s.skippedTo(&q, senders), Incomplete: found.Incomplete}
	for i := range found.Histories {
		page.Messages = append(page.Messages, messageJSON(&found.Histories[i], s.Form))
	}
	after.cut(&page, int(limit))
	return page, true
}

// skippedTo returns the messages without a number in memory that a query is about. senders are all addresses that the sender may stand
// for.
func (s *MessageSource) skippedTo(q *history.Query, senders []message.Addr) []Message {
	all := []Message{}
	for _, one := range s.Skipped("") {
		m := skippedJSON(&one)
		from, _ := message.NormalAddr(strings.TrimPrefix(m.Sender, "+"))
		to, _ := message.NormalAddr(strings.TrimPrefix(m.Receiver, "+"))
		switch {
		case to != q.Receiver, q.Account != "" && m.Account != message.Shown(q.Account):
		case q.Sender != "" && !slices.Contains(senders, from):
		case !q.Until.IsZero() && m.SubmittedAt.After(q.Until):
		default:
			all = append(all, m)
		}
	}
	return all
}

// unavailable answers a request that cannot be answered now.
func unavailable(w http.ResponseWriter, err error) {
	w.Header().Set("Retry-After", "1")
	refuse(w, http.StatusServiceUnavailable, problem{Detail: "the ledger cannot be read: " + err.Error(), Hint: "GET /readyz says why; ask again"})
}

// mark is where a page ends: at a time, of which so many messages have been shown. The zero mark is before the newest message.
type mark struct {
	at   int64 // ms
	seen int
}

func parseMark(text string) (m mark, err error) {
	if text == "" {
		return mark{}, nil
	}
	at, seen, _ := strings.Cut(text, "-")
	if m.at, err = strconv.ParseInt(at, 10, 48); err != nil {
		return m, err
	}
	n, err := strconv.ParseUint(seen, 10, 16)
	m.seen = int(n)
	return m, err
}

func (m mark) until() time.Time {
	if m == (mark{}) {
		return time.Time{}
	}
	return message.Time(m.at)
}

// cut makes a page of limit messages of what was found up to a mark.
func (m mark) cut(page *Messages, limit int) {
	all := page.Messages
	slices.SortStableFunc(all, func(a, b Message) int { return b.SubmittedAt.Compare(a.SubmittedAt) })
	all = all[min(len(all), m.seen):]
	page.Messages = all[:min(len(all), limit)]
	if len(all) <= limit {
		return
	}
	last := page.Messages[limit-1].SubmittedAt.UnixMilli()
	seen := 0
	for _, one := range page.Messages {
		if one.SubmittedAt.UnixMilli() == last {
			seen++
		}
	}
	if last == m.at {
		seen += m.seen
	}
	page.Next = strconv.FormatInt(last, 10) + "-" + strconv.Itoa(seen)
}

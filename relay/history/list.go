package history

import (
	"context"
	"slices"
	"time"

	"readback/relay/index"
	"readback/relay/message"
)

// maxRead is how many entries of a receiver are read for a list, those of the newest days.
const maxRead = 10000

// Query says which messages of a receiver are asked for.
type Query struct {
	Receiver message.Addr
	Sender   string    // as somebody writes it; empty: any
	Account  string    // empty: any
	Until    time.Time // submitted at this time or before; zero: at any
	Limit    int
}

// Page is some of the messages of a receiver, the newest first.
type Page struct {
	Histories  []message.History
	Incomplete bool // there are so many that older ones may be left out
}

// To returns messages to a receiver. The error is message.ErrAddress if the sender is none.
func (fs *Finder) To(ctx context.Context, q *Query) (page Page, err error) {
	senders, err := Senders(q.Sender)
	if err != nil {
		return page, err
	}
	var sources []source
	err = fs.search(ctx, func() error {
		for i := range senders {
			found, more, err := fs.opt.Index.EntriesTo(&q.Receiver, &senders[i], maxRead)
			if err != nil {
				return err
			}
			page.Incomplete = page.Incomplete || more
			for i := range found {
				if q.wants(&found[i].Entry) {
					sources = append(sources, fs.ofEntry(&found[i]))
				}
			}
		}
		sources = q.page(sources)
		return nil
	})
	if err != nil {
		return page, err
	}
	page.Histories, err = fs.complete(ctx, sources)
	return page, err
}

// wants reports whether a message is asked for.
func (q *Query) wants(e *index.Entry) bool {
	return (q.Account == "" || message.Shown(string(e.Account)) == message.Shown(q.Account)) &&
		(q.Until.IsZero() || !message.Time(e.At).After(q.Until))
}

// Senders returns the addresses that a sender may stand for; the zero address for any sender.
func Senders(sender string) ([]message.Addr, error) {
	if sender == "" {
		return []message.Addr{{}}, nil
	}
	written, number, err := message.ParseSender(sender)
	if err != nil {
		return nil, err
	}
	all := []message.Addr{written}
	if !message.IsASCII(sender) {
		if all, err = message.AddrForms(sender); err != nil {
			return nil, err
		}
	}
	if !number.IsZero() && !slices.Contains(all, number) {
		all = append(all, number)
	}
	return all, nil
}

// page returns the messages of the page, the newest first.
func (q *Query) page(all []source) []source {
	slices.SortStableFunc(all, func(a, b source) int { return message.CompareHistories(&a.history, &b.history) })
	return all[:min(len(all), q.Limit)]
}

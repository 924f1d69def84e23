package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/fiorix/go-smpp/smpp/pdu"
	"github.com/fiorix/go-smpp/smpp/pdu/pdufield"

	"readback/conversation"
)

// note passes a deliver_sm to the ESMEs' book.
func (w *world) note(p pdu.Body) {
	d := conversation.Deliver{TLVs: make(map[uint16][]byte)}
	if f := p.Fields()[pdufield.ESMClass]; f != nil {
		d.ESMClass = f.Bytes()[0]
	}
	if f := p.Fields()[pdufield.DataCoding]; f != nil {
		d.DataCoding = f.Bytes()[0]
	}
	if f := p.Fields()[pdufield.ShortMessage]; f != nil {
		d.ShortMessage = f.Bytes()
	}
	for tag, f := range p.TLVFields() {
		d.TLVs[uint16(tag)] = f.Bytes()
	}
	news, ok := conversation.ParseDeliver(d)
	if !ok || !w.book.Tell(news) {
		return
	}
	select {
	case w.news <- struct{}{}:
	default:
	}
}

// apiView is the answer of GET /v1/conversations.
type apiView struct {
	Messages []struct {
		Number     int
		State      string
		Account    string
		MessageIDs []string `json:"message_ids"`
	}
	Shown struct{ Read, Sent *int } // numbers
}

// list shows the ESME's own list of a conversation, once it agrees with the gateway's list.
// The ESME may get its feedback a little later.
func (w *world) list(ctx context.Context, to string) error {
	for {
		own, _ := w.book.Conversation(demoSender, to)
		told, err := w.askList(ctx, to)
		if err != nil {
			return err
		}
		differ := compareLists(own, told)
		if differ == nil {
			w.log.note("%14sthe ESME's list, %s → %s: %s", "", demoSender, to, ownLine(own))
			return nil
		}
		select {
		case <-w.news:
		case <-ctx.Done():
			return differ
		}
	}
}

var errLists = errors.New("the ESME's list and the gateway's differ")

// compareLists returns nil if both lists agree. It cannot compare a conversation to which
// another ESME writes, too.
func compareLists(own conversation.View, told apiView) error {
	for _, m := range told.Messages {
		if m.Account != elementAccount && m.Account != markerAccount {
			return nil
		}
	}
	if own, told := ownLine(own), told.line(); own != told {
		return fmt.Errorf("%w: its own says\n%s\nand the gateway's\n%s", errLists, own, told)
	}
	return nil
}

func (w *world) askList(ctx context.Context, to string) (view apiView, err error) {
	url := fmt.Sprintf("http://%s/v1/conversations/%s/%s", w.service.Reads(), demoSender, to)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return view, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return view, fmt.Errorf("no conversation list came: %w", err)
	}
	err = json.NewDecoder(resp.Body).Decode(&view)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		return view, fmt.Errorf("the conversation list cannot be read: %w", err)
	}
	return view, nil
}

// newest is how many messages of a list are shown.
const newest = 8

// ownLine returns the list in the ESME's book, by message_id. The book does not know the
// numbers of messages that nobody has read.
func ownLine(v conversation.View) string {
	var states []string
	for _, m := range v.Messages {
		if len(m.MessageIDs) > 0 { // the gateway does not list messages that were never answered
			states = append(states, fmt.Sprintf("%s %v", strings.Join(m.MessageIDs, "+"), m.State))
		}
	}
	id := func(i int) string {
		if i < 0 {
			return "none"
		}
		return strings.Join(v.Messages[i].MessageIDs, "+")
	}
	return listLine(states, id(v.Read), id(v.Sent))
}

// line returns the gateway's list. Where a number occurs twice, it stands for the newer
// message.
func (v apiView) line() string {
	ids := make(map[int]string)
	var states []string
	for _, m := range v.Messages {
		ids[m.Number] = strings.Join(m.MessageIDs, "+")
		states = append(states, ids[m.Number]+" "+m.State)
	}
	id := func(n *int) string {
		if n == nil {
			return "none"
		}
		return ids[*n]
	}
	return listLine(states, id(v.Shown.Read), id(v.Shown.Sent))
}

func listLine(states []string, read, sent string) string {
	states = states[max(0, len(states)-newest):]
	return fmt.Sprintf("%s; shown: read at %s, sent at %s", strings.Join(states, ", "), read, sent)
}

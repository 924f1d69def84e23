package feedback

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"readback/internal/backoff"
	"readback/relay/index"
	"readback/relay/journal"
	"readback/relay/message"
)

// An account may get one receipt for a message: that it was read, or the SMSC's own if it was not read
// within AccountSettings.HoldReceipt of its delivery. Until then the SMSC's receipt waits in a stream
// of its own. In the account's queue it would keep back feedback that can be delivered.
const (
	heldMargin = 2 * time.Second // in which a read response in time gets into the log
	heldAgain  = 50 * time.Millisecond

	releaseRoom = 4 << 10 // octets by which a released receipt, or its dead letter, may be larger
)

// heldReceipt is the data of a message in that stream.
type heldReceipt struct {
	Account   string    `json:"account"`
	Sender    string    `json:"sender"` // normalised, as Receiver
	Receiver  string    `json:"receiver"`
	Number    uint16    `json:"number"`
	MessageID string    `json:"message_id"`
	Day       uint16    `json:"day,omitempty"` // this and the ordinal say which message it is; zero: of an earlier release
	Ordinal   uint64    `json:"ordinal,omitempty"`
	At        time.Time `json:"at"`      // when it came
	Receipt   []byte    `json:"receipt"` // the PDU

	message.Octets `json:"octets,omitempty"`
}

// texts returns the texts that a peer chose.
func (h *heldReceipt) texts() []message.Text {
	return []message.Text{{Name: "account", S: &h.Account}, {Name: "sender", S: &h.Sender}, {Name: "receiver", S: &h.Receiver}, {Name: "message_id", S: &h.MessageID}}
}

// heldReceipts has the receipts that wait in that stream.
type heldReceipts struct {
	*shared
	waiting *waiting
	dead    *deadLetters
	changed chan struct{} // has a value when receipts may be due at another time than next

	next time.Time // when the next one is due; owned by the goroutine of run
}

// errHeld is of a receipt that cannot be kept now.
var errHeld = errors.New("receipt cannot be held, the ledger is away")

// HoldReceipt keeps the SMSC's receipt, the PDU f, of the delivery of the message with that
// message_id. c is what its addresses say. held is true if the receipt is durable, or if the message was read before, because then
// nobody needs it. held is false if the message has several parts or no number: the receipt is to
// pass. ctx bounds the wait, also for a message that is on its way to the ledger.
func (hs *heldReceipts) HoldReceipt(ctx context.Context, account string, c message.Conversation, messageID, f []byte) (held bool, err error) {
	if !hs.ledger.IsUp() || len(account) > journal.MaxAccount {
		return false, nil // SMS flows
	}
	p, e, err := hs.messageOf(ctx, account, &c, messageID)
	if err != nil || p == nil || e.Total > 1 {
		return false, err
	}
	at := time.UnixMilli(time.Now().UnixMilli()) // as the log has it
	rec := journal.Record{Place: *p, State: message.StateDelivered, At: at.UnixMilli()}
	if hs.ledger.Enqueue(journal.KindReceipt, func(dst []byte) []byte { return journal.AppendReceipt(dst, &rec) }) != nil {
		return false, errHeld
	}
	if e.State.IsFinal() {
		return true, nil
	}
	h := heldReceipt{
		Account: account, Sender: p.Conv.Sender.String(), Receiver: p.Conv.Receiver.String(), Number: p.Number,
		MessageID: string(messageID), Day: p.Day, Ordinal: p.Ordinal, At: at, Receipt: f,
	}
	h.Octets = message.Show(h.texts()...)
	data, err := json.Marshal(h)
	if err != nil {
		return false, err
	}
	if limit := hs.js.Conn().MaxPayload(); limit > 0 && int64(len(data)+releaseRoom) > limit {
		return false, nil // it could never be released
	}
	m := nats.NewMsg(heldSubject + accountToken(account))
	m.Data = data
	// The SMSC sends it again when our answer does not reach it.
	m.Header.Set(nats.MsgIdHdr, fmt.Sprintf("%x-%d-%d-%d", message.AppendConversation(nil, &p.Conv), p.Day, p.Number, p.Ordinal))
	if _, err := hs.js.PublishMsg(ctx, m); err != nil {
		if isTooLarge(err) {
			return false, nil
		}
		return false, fmt.Errorf("hold receipt: %w", err)
	}
	hs.wake()
	return true, nil
}

// messageOf finds the message of a receipt; nil when it has none.
func (hs *heldReceipts) messageOf(ctx context.Context, account string, c *message.Conversation, id []byte) (*journal.Place, *index.Entry, error) {
	for {
		onItsWay := hs.ledger.IsSending(c) // asked first: it may get to the index in between
		p, _, err := hs.ledger.FindMessage(account, c, id)
		var f *index.Found
		if err == nil && p != nil {
			f, err = hs.index.Entry(p)
		}
		switch {
		case err != nil:
			return nil, nil, err
		case f != nil:
			return p, &f.Entry, nil
		}
		if !onItsWay {
			return nil, nil, nil
		}
		if backoff.Sleep(ctx, heldAgain); ctx.Err() != nil {
			return nil, nil, nil
		}
	}
}

// releaseDue looks at the oldest receipts of each account, and notes when the next one is due.
func (hs *heldReceipts) releaseDue(ctx context.Context, now time.Time) error {
	hs.next = now.Add(heldSeldom)
	stream, err := hs.js.Stream(ctx, heldStream)
	if err != nil {
		return fmt.Errorf("stream %s: %w", heldStream, err)
	}
	hs.metrics.held.Set(float64(stream.CachedInfo().State.Msgs))
	if stream.CachedInfo().State.Msgs == 0 {
		return nil
	}
	info, err := stream.Info(ctx, jetstream.WithSubjectFilter(heldSubject+"*"))
	if err != nil {
		return fmt.Errorf("stream %s: %w", heldStream, err)
	}
	var errs []error // one account does not hold up the others
	for _, subject := range slices.Sorted(maps.Keys(info.State.Subjects)) {
		errs = append(errs, hs.releaseOf(ctx, stream, subject, now))
	}
	return errors.Join(errs...)
}

// releaseOf goes through the receipts of an account, which come in the order of time.
func (hs *heldReceipts) releaseOf(ctx context.Context, stream jetstream.Stream, subject string, now time.Time) error {
	for seq := uint64(0); ctx.Err() == nil; {
		m, err := stream.GetMsg(ctx, seq+1, jetstream.WithGetMsgSubject(subject))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("held receipt: %w", err)
		}
		seq = m.Sequence
		var h heldReceipt
		if err := json.Unmarshal(m.Data, &h); err != nil {
			hs.log.Error("held receipt cannot be read, and is dropped", "subject", subject, "held", seq, "error", err)
		} else {
			h.Restore(h.texts()...)
			due := h.At.Add(hs.settings.Load().account(h.Account).HoldReceipt)
			if now.Before(due.Add(heldMargin)) {
				if due.Add(heldMargin).Before(hs.next) {
					hs.next = due.Add(heldMargin)
				}
				return nil
			}
			if err := hs.release(ctx, seq, &h, due); err != nil {
				return err
			}
		}
		if err := deleteMsg(ctx, stream, seq); err != nil {
			return fmt.Errorf("remove held receipt: %w", err)
		}
	}
	return ctx.Err()
}

// release puts a receipt in the account's queue, unless the message was read in time.
func (hs *heldReceipts) release(ctx context.Context, seq uint64, h *heldReceipt, due time.Time) error {
	var c message.Conversation
	var errs [2]error
	c.Sender, errs[0] = message.NormalAddr(h.Sender)
	c.Receiver, errs[1] = message.NormalAddr(h.Receiver)
	if err := errors.Join(errs[:]...); err != nil {
		hs.log.Error("held receipt cannot be released, and is dropped", "account", h.Account, "held", seq, "error", err)
		return nil
	}
	p := &journal.Place{Conv: c, Day: h.Day, Number: h.Number, Ordinal: h.Ordinal}
	if h.Day == 0 {
		var err error
		if p, _, err = hs.ledger.FindMessage(h.Account, &c, []byte(h.MessageID)); err != nil {
			return err
		}
	}
	if p != nil {
		f, err := hs.index.Entry(p)
		if err != nil {
			return err
		}
		if f != nil && readInTime(&f.Entry, due.Sub(h.At)) {
			hs.metrics.outcomes.WithLabelValues("superseded").Inc()
			return nil // it was told that it is read
		}
	}
	return hs.enqueue(ctx, seq, h)
}

// errNoDeliver is of a receipt that was held for an account whose form has changed since.
var errNoDeliver = errors.New("the SMSC's receipt: the account is told by no deliver_sm any more")

// enqueue puts a receipt in the account's queue. If a consumer of the account's own would take it for
// feedback, or nobody takes it from the queue, it becomes a dead letter.
func (hs *heldReceipts) enqueue(ctx context.Context, seq uint64, h *heldReceipt) error {
	fb := message.Feedback{
		Event: fmt.Sprintf("receipt-%d", seq), Account: h.Account, Sender: h.Sender, Receiver: h.Receiver, Number: h.Number,
		MessageIDs: []string{h.MessageID}, ReceivedAt: h.At.UTC(), Receipt: h.Receipt,
	}
	data, err := json.Marshal(&fb)
	if err != nil {
		return err
	}
	if s := hs.settings.Load().account(h.Account); s.Own || s.Quiet {
		err := hs.dead.store(ctx, &letter{account: h.Account, event: fb.Event, data: data, seq: seq}, errNoDeliver)
		if err == nil {
			hs.metrics.outcomes.WithLabelValues("dead").Inc()
		}
		return err
	}
	m := nats.NewMsg(queueSubject + accountToken(h.Account))
	m.Data = data
	m.Header.Set(nats.MsgIdHdr, fmt.Sprintf("held-%d", seq))
	ctx, done := lasting(ctx)
	defer done()
	_, err = hs.js.PublishMsg(ctx, m)
	if isTooLarge(err) { // the bound was a higher one when it was held
		return hs.dead.store(ctx, &letter{account: h.Account, event: fb.Event, data: data, seq: seq}, err)
	}
	if err != nil {
		return fmt.Errorf("release receipt: %w", err)
	}
	hs.waiting.add(h.Account)
	hs.metrics.outcomes.WithLabelValues("published").Inc()
	return nil
}

// readInTime reports whether a message was read before its receipt is due to be released. It must agree
// with tooLate of the feedback on the message.
func readInTime(e *index.Entry, hold time.Duration) bool {
	return e.State.IsFinal() &&
		(e.DeliveredAt == 0 || message.Time(e.ReceivedAt).Before(message.Time(e.DeliveredAt).Add(hold)))
}

// holds reports whether the SMSC's receipt of the message of a feedback is held. Receipts of parts are not.
func (s AccountSettings) holds(fb *message.Feedback) bool {
	return s.HoldReceipt > 0 && len(fb.MessageIDs) == 1
}

// tooLate reports whether the SMSC's receipt has taken the place of a feedback: it was released
// before the message was read.
func (s AccountSettings) tooLate(fb *message.Feedback) bool {
	return s.holds(fb) && len(fb.Receipt) == 0 && !fb.DeliveredAt.IsZero() &&
		!fb.ReceivedAt.Before(fb.DeliveredAt.Add(s.HoldReceipt))
}

package relay

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"readback/internal/backoff"
	"readback/relay/journal"
)

// outboxBatch is how many feedbacks are on their way to the queue at once.
const outboxBatch = 256

// tellOutbox says that there is something in the outbox.
func (r *Relay) tellOutbox() {
	select {
	case r.outbox <- struct{}{}:
	default:
	}
}

// publishFeedback moves feedback from the outbox to its queue, oldest first. What is in the
// queue leaves the outbox by a record in the log; after a crash in between it is
// published again, with the same id.
func (r *Relay) publishFeedback(ctx context.Context) {
	p := publisher{relay: r}
	for wait := 100 * time.Millisecond; ctx.Err() == nil; {
		more, err := p.publish(ctx)
		switch {
		case err != nil && ctx.Err() == nil:
			r.log.Warn("feedback cannot be published", "error", err)
			backoff.Sleep(ctx, backoff.Jitter(wait))
			wait = min(2*wait, 5*time.Second)
			continue
		case !more:
			select {
			case <-r.outbox:
			case <-ctx.Done():
			}
		}
		wait = 100 * time.Millisecond
	}
}

// publisher remembers how far the outbox is published.
type publisher struct {
	relay      *Relay
	seq, index uint64
}

// publish publishes the next rows, and tells whether there may be more. On an error
// the outbox is gone through from the start again: what is in the queue already is
// recognised there by its id.
func (p *publisher) publish(ctx context.Context) (more bool, err error) {
	p.relay.publishing.Lock()
	defer p.relay.publishing.Unlock()
	rows, err := p.relay.index.outbox(prefixOutbox, p.seq, p.index, outboxBatch)
	if err != nil || len(rows) == 0 {
		return false, err
	}
	acks := make([]jetstream.PubAckFuture, len(rows))
	for i, row := range rows {
		m, account, err := feedbackMessage(row.body)
		if err == nil && !p.relay.settings.Load().account(account).Quiet {
			acks[i], err = p.relay.js.PublishMsgAsync(m)
			p.relay.waiting.add(account)
		}
		if err != nil {
			return false, p.again(err)
		}
	}
	for i, ack := range acks {
		if err := queued(ctx, ack); err != nil {
			return false, p.again(err)
		}
		if err := p.fed(ctx, rows[i], outcomeOf(ack)); err != nil {
			return false, err
		}
	}
	return len(rows) == outboxBatch, nil
}

// queued waits until a feedback is in its queue; that of a quiet account never is.
func queued(ctx context.Context, ack jetstream.PubAckFuture) error {
	if ack == nil {
		return nil
	}
	select {
	case <-ack.Ok():
		return nil
	case err := <-ack.Err():
		return err
	case <-time.After(5 * time.Second):
		return nats.ErrTimeout
	case <-ctx.Done():
		return ctx.Err()
	}
}

func outcomeOf(ack jetstream.PubAckFuture) string {
	if ack == nil {
		return "off"
	}
	return "published"
}

func (p *publisher) again(err error) error {
	p.seq, p.index = 0, 0
	return err
}

// fed has the log know that a feedback is in its queue.
func (p *publisher) fed(ctx context.Context, row outboxRow, outcome string) error {
	for {
		if b := p.relay.ledger.queue.begin(journal.KindFed); b != nil {
			b.buf = journal.AppendFed(b.buf, row.seq, row.index)
			p.relay.ledger.queue.end(b)
			break
		}
		if backoff.Sleep(ctx, time.Second); ctx.Err() != nil {
			return ctx.Err()
		}
	}
	p.seq, p.index = row.seq, row.index
	p.relay.metrics.feedback.outcomes.WithLabelValues(outcome).Inc()
	return nil
}

// feedbackMessage is a row of the outbox on its way to the queue of its account.
func feedbackMessage(row []byte) (m *nats.Msg, account string, err error) {
	var fb struct {
		Event   string `json:"event"`
		Account string `json:"account"`
	}
	if err := json.Unmarshal(row, &fb); err != nil {
		return nil, "", fmt.Errorf("outbox: %w", err)
	}
	m = nats.NewMsg(subjectFeedback + accountToken(fb.Account))
	m.Data = row
	// The event without its time: conversation, ordinal and status.
	m.Header.Set(nats.MsgIdHdr, fb.Event[len(fb.Event)-16:])
	return m, fb.Account, nil
}

// accountToken is an account as a token of a subject: what could not stand there is
// written =XX.
func accountToken(account string) string {
	const hex = "0123456789ABCDEF"
	token := make([]byte, 0, len(account))
	for i := range len(account) {
		c := account[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '-':
			token = append(token, c)
		default:
			token = append(token, '=', hex[c>>4], hex[c&15])
		}
	}
	if len(token) == 0 {
		return "=" // of the empty account
	}
	return string(token)
}

// accountOf is the way back from accountToken.
func accountOf(token string) string {
	if token == "=" {
		return ""
	}
	account := make([]byte, 0, len(token))
	for i := 0; i < len(token); i++ {
		if c, err := strconv.ParseUint(token[i+1:min(i+3, len(token))], 16, 8); token[i] == '=' && err == nil {
			account = append(account, byte(c))
			i += 2
			continue
		}
		account = append(account, token[i])
	}
	return string(account)
}

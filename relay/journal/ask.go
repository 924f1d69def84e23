package journal

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
)

var errLogTimeout = errors.New("log did not answer in time")

// connAsker asks over a connection that has other uses as well.
type connAsker struct {
	nc      *nats.Conn
	inbox   string
	sub     *nats.Subscription
	replies chan *nats.Msg
	asked   uint64 // requests so far
	timer   *time.Timer
}

func newConnAsker(nc *nats.Conn) (*connAsker, error) {
	a := &connAsker{nc: nc, inbox: nc.NewRespInbox(), replies: make(chan *nats.Msg, 64), timer: time.NewTimer(0)}
	var err error
	if a.sub, err = nc.ChanSubscribe(a.inbox+".*", a.replies); err != nil {
		return nil, fmt.Errorf("subscribe to the answers of the log: %w", err)
	}
	return a, nil
}

// Close ends the subscription.
func (a *connAsker) Close() {
	a.timer.Stop()
	_ = a.sub.Unsubscribe() // the connection is about to be closed
}

// Ask sends a request and waits for its answer.
func (a *connAsker) Ask(ctx context.Context, subject string, header, data []byte) ([]byte, error) {
	a.asked++
	m := &nats.Msg{Subject: subject, Reply: a.inbox + "." + strconv.FormatUint(a.asked, 10), Data: data}
	if len(header) > 0 {
		var err error
		if m.Header, err = nats.DecodeHeadersMsg(header); err != nil {
			return nil, err
		}
	}
	if err := a.nc.PublishMsg(m); err != nil {
		return nil, err
	}
	a.timer.Reset(AppendTimeout)
	for {
		select {
		case r := <-a.replies:
			if r.Subject != m.Reply {
				continue // a late answer to an earlier request
			}
			if len(r.Data) == 0 && r.Header.Get("Status") == "503" {
				return nil, nats.ErrNoResponders
			}
			return r.Data, nil
		case <-a.timer.C:
			return nil, errLogTimeout
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

package receipts

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"
	"golang.org/x/sync/errgroup"

	"readback/internal/background"
	"readback/relay/message"
	"readback/smpp"
)

// receiving is a Handler that is given receipts by hand.
type receiving struct {
	*Handler
	later background.Runner
	group *errgroup.Group // of later
	path  path
	noted []string
}

func newReceiving(t *testing.T, ledger fakeLedger, change func(*Options)) *receiving {
	t.Helper()
	p, group := make(path, 10), new(errgroup.Group)
	r := &receiving{later: background.New(group, p), group: group, path: p}
	ledger.receipt = func(_ message.Conversation, id []byte, s message.State, _ message.Session) {
		r.noted = append(r.noted, string(id)+" "+s.String())
	}
	opt := Options{Ledger: ledger, Logger: slog.New(slog.DiscardHandler)}
	opt.IsHeld = func(string) bool { return true }
	change(&opt)
	r.Handler = New(opt)
	return r
}

// take has the gateway take f, if that is a receipt.
func (r *receiving) take(f smpp.Frame, later background.Runner) bool {
	m, rc, ok := Parse(f)
	return ok && r.TakePart(context.Background(), m, &rc, later, r.path)
}

// hold has the gateway hold f, if that is a receipt.
func (r *receiving) hold(account string, f smpp.Frame, later background.Runner) bool {
	m, rc, ok := Parse(f)
	return ok && r.Hold(context.Background(), account, m, &rc, later, r.path)
}

// did waits for what was started, and returns what became of the receipts. The ESME takes those that
// were forwarded.
func (r *receiving) did() (outcomes []string) {
	_ = r.group.Wait()
	for len(r.path) > 0 {
		outcome, noted, _ := strings.Cut(<-r.path, "\n")
		if noted != "" {
			r.Answered("bank", smpp.Frame(noted), smpp.StatusOK, 1)
		}
		outcomes = append(outcomes, outcome)
	}
	return outcomes
}

// full is a runner that runs as much as it may.
func full() background.Runner {
	group := new(errgroup.Group)
	group.SetLimit(0)
	return background.New(group, path(nil))
}

// path says what became of the receipts that came on it.
type path chan string

func (path) Account() string { return "bank" }

func (path) Contain() {} // what panics fails the test

func (p path) Forward(_ smpp.Message, noted smpp.Frame) error {
	p <- "forwarded\n" + string(noted)
	return nil
}

func (p path) Reply(_ smpp.Frame, status pdu.Status) error {
	p <- fmt.Sprintf("answered %02x", uint32(status))
	return nil
}

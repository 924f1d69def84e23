// Package webhook sends accounts their feedback by HTTP requests. It posts each feedback as
// signed JSON, until the server has accepted it.
package webhook

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"readback/relay/message"
)

// Target is the server that gets the feedback of an account.
type Target struct {
	URL          string
	Secret       *Secret        // of the signatures
	OldSignature bool           // sign by Readback-Signature, too
	Timeout      time.Duration  // for the answer
	Roots        *x509.CertPool // that must have signed the server's certificate; nil: the system's
	AllowPrivate bool           // addresses that are not public are allowed
}

// Targets holds the targets of all accounts. It is one value and is replaced as a whole.
type Targets struct {
	Default  *Target            // for accounts that are not listed; nil: none
	Accounts map[string]*Target // by account; nil: none, whatever Default is
}

func (t *Targets) of(account string) *Target {
	own, ok := t.Accounts[account]
	if !ok {
		own, ok = t.Accounts[message.Shown(account)]
	}
	if ok {
		return own
	}
	return t.Default
}

// DeliverFunc gives to tell, until ctx ends, the waiting feedback of every account for which
// wanted returns true.
type DeliverFunc func(ctx context.Context, wanted func(account string) bool, tell message.Teller)

// Webhooks posts feedback.
type Webhooks struct {
	now     atomic.Pointer[targets]
	version string // of the User-Agent
	log     *slog.Logger
}

// targets is Targets with the HTTP clients for them.
type targets struct {
	Targets
	clients map[connecting]*http.Client
}

// New returns Webhooks for targets, which Use may replace.
func New(t Targets, version string, log *slog.Logger) *Webhooks {
	h := &Webhooks{version: version, log: log}
	h.Use(t)
	return h
}

// Use replaces the targets. The caller must make what delivers ask Wanted again.
func (h *Webhooks) Use(t Targets) {
	now := &targets{Targets: t, clients: make(map[connecting]*http.Client)}
	all := []*Target{t.Default}
	for _, one := range t.Accounts {
		all = append(all, one)
	}
	for _, one := range all {
		if one != nil && now.clients[one.connecting()] == nil {
			now.clients[one.connecting()] = newClient(one.connecting())
		}
	}
	if before := h.now.Swap(now); before != nil {
		before.closeIdle()
	}
}

func (t *targets) closeIdle() {
	for _, c := range t.clients {
		c.CloseIdleConnections()
	}
}

// Wanted reports whether an account gets its feedback by a webhook.
func (h *Webhooks) Wanted(account string) bool { return h.now.Load().of(account) != nil }

// Run delivers, until ctx ends, the waiting feedback of every account that has a target.
func (h *Webhooks) Run(ctx context.Context, deliver DeliverFunc) error {
	deliver(ctx, h.Wanted, h.Tell)
	h.now.Load().closeIdle()
	return nil
}

// errReceipt is the error of a receipt that was held back while the account got its feedback
// by deliver_sm.
var errReceipt = errors.New("the SMSC's receipt: a webhook is told of messages read only")

// errNoTarget is the error of a feedback whose account has lost its target meanwhile.
var errNoTarget = errors.New("the account has no webhook any more")

// Tell posts one feedback. It is a message.Teller.
func (h *Webhooks) Tell(ctx context.Context, fb *message.Feedback) error {
	now := h.now.Load()
	t := now.of(fb.Account)
	if t == nil {
		return errNoTarget
	}
	if len(fb.Receipt) > 0 {
		return message.Permanent(errReceipt)
	}
	body, err := json.Marshal(fb)
	if err != nil {
		return message.Permanent(fmt.Errorf("webhook: %w", err))
	}
	ctx, cancel := context.WithTimeout(ctx, t.Timeout)
	defer cancel()
	req, err := h.request(ctx, t, fb.Event, body)
	if err != nil {
		return message.Permanent(err)
	}
	resp, err := now.clients[t.connecting()].Do(req)
	if err != nil {
		return fmt.Errorf("webhook: %w", withoutURL(err))
	}
	defer func() { _ = resp.Body.Close() }()
	// The rest of the answer is read so that the connection can be used again, up to a limit.
	_, _ = io.CopyN(io.Discard, resp.Body, maxAnswer)
	return verdict(resp, time.Now())
}

// maxAnswer is how much of an answer is read.
const maxAnswer = 64 << 10

func (h *Webhooks) request(ctx context.Context, t *Target, event string, body []byte) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, t.URL, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("webhook: %w", withoutURL(err))
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "readback/"+h.version)
	req.Header.Set("Readback-Event", event)
	at := time.Now()
	if err := t.Secret.sign(req.Header, event, at, body); err != nil {
		return nil, fmt.Errorf("webhook: %w", err)
	}
	if t.OldSignature {
		req.Header.Set(oldSignature, t.Secret.old(at, body))
	}
	return req, nil
}

// withoutURL removes the URL from an error, because it may contain a token.
func withoutURL(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

package feedback

import (
	"errors"
	"fmt"
	"time"

	"readback/internal/setting"
)

// Settings are the settings of feedback that may change while the relay runs.
type Settings struct {
	FeedbackKeep time.Duration `key:"feedback.keep" default:"72h" live:"yes" range:"1m..8760h" doc:"how long feedback waits to be told; then it is a dead letter"`
	QueueSize    setting.Size  `key:"feedback.queue_size" default:"1GiB" range:"1MiB..1024GiB" doc:"what the feedback that waits may take on disk, of all accounts together; beyond it, the newest of the account with the most becomes dead letters"`
	DeadSize     setting.Size  `key:"feedback.dead_size" default:"256MiB" range:"1MiB..1024GiB" doc:"what dead letters may take on disk; beyond it, the oldest of the account with the most are dropped"`

	Events bool // events are published of some account's messages

	// Account returns what holds for an account; nil: the zero value for all.
	Account func(account string) AccountSettings `json:"-"`
}

// AccountSettings say what becomes of an account's feedback.
type AccountSettings struct {
	Listed bool    // the operator named the account
	Form   string  // in which it is told, for the operator to see
	Quiet  bool    // reads are recorded, and the account gets no feedback
	Events bool    // changes of its messages are published in the event stream
	Own    bool    // a consumer of the account's own takes the feedback from its subject
	Rate   float64 // feedback a second; 0: no limit
	Tells  int     // feedback that a session is delivered at once; 0: ten
	// AfterReceipt is how long feedback waits until the ESME has answered the SMSC's receipt of its
	// message, if the ESME asked for one. It does not wait for a receipt that is held.
	AfterReceipt time.Duration
	// HoldReceipt is how long the SMSC's receipt of a delivery waits for a read response to take
	// its place; 0: it is not held.
	HoldReceipt time.Duration
}

// DeliveryOptions say how feedback is delivered to any account.
type DeliveryOptions struct {
	TellTimeout time.Duration   // how long a Teller may take
	Backoff     []time.Duration // between tries of a feedback; the last one repeats
}

// DefaultDelivery returns the DeliveryOptions of a gateway.
func DefaultDelivery() DeliveryOptions {
	return DeliveryOptions{
		TellTimeout: 30 * time.Second,
		Backoff: []time.Duration{
			time.Second, 5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute,
		},
	}
}

// Validate names everything that is wrong with the settings.
func (s *Settings) Validate() error {
	if s.FeedbackKeep < time.Minute {
		return fmt.Errorf("feedback keep: %s is under a minute", s.FeedbackKeep)
	}
	return nil
}

// Validate names everything that is wrong with the options.
func (o *DeliveryOptions) Validate() error {
	var errs [2]error
	if o.TellTimeout <= 0 {
		errs[0] = fmt.Errorf("tell timeout: %s is not positive", o.TellTimeout)
	}
	if len(o.Backoff) == 0 {
		errs[1] = errors.New("backoff: no steps")
	}
	return errors.Join(errs[:]...)
}

// account returns what holds for an account.
func (s *Settings) account(name string) AccountSettings {
	if s.Account == nil {
		return AccountSettings{}
	}
	return s.Account(name)
}

// limits returns how fast feedback may be delivered to the account.
func (s AccountSettings) limits() limits {
	l := limits{most: s.Tells}
	if l.most <= 0 {
		l.most = maxTells
	}
	if s.Rate > 0 {
		l.every = time.Duration(float64(time.Second) / s.Rate)
	}
	return l
}

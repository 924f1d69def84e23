package relay

import (
	"fmt"
	"time"

	"readback/relay/message"
)

// Settings are what may change while the relay runs. They are one value, which Use swaps
// whole. The operator decides those with a key, as in Config.
type Settings struct {
	FeedbackKeep time.Duration `key:"feedback.keep" default:"72h" live:"yes" range:"1m..8760h" doc:"how long feedback waits to be told; then it is a dead letter"`
	Mask         bool          `key:"log.mask" default:"true" live:"yes" doc:"show the first three and the last digit of subscriber numbers only"`

	Events bool // some account has events told

	// Account returns what holds for an account; nil: the zero value for all.
	Account func(account string) AccountSettings `json:"-"`
}

// AccountSettings say what becomes of an account's feedback.
type AccountSettings struct {
	Listed bool    // the operator named the account
	Quiet  bool    // reads are recorded, and nobody is told
	Events bool    // changes of its messages are told in the event stream
	Own    bool    // a consumer of the account's own takes the feedback from its subject
	Rate   float64 // feedback a second; 0: no limit
	Tells  int     // feedback told at once; 0: ten
	// AfterReceipt is how long feedback waits for the SMSC's receipt of its message to pass, if
	// the ESME asked for one.
	AfterReceipt time.Duration
	// HoldReceipt is how long the SMSC's receipt of a delivery waits for a read response to take
	// its place; 0: it is not held.
	HoldReceipt time.Duration
}

// Validate names everything that is wrong with the settings.
func (s *Settings) Validate() error {
	if s.FeedbackKeep < time.Minute {
		return fmt.Errorf("feedback keep: %s is under a minute", s.FeedbackKeep)
	}
	return nil
}

func (s *Settings) account(name string) AccountSettings {
	if s.Account == nil {
		return AccountSettings{}
	}
	return s.Account(name)
}

// Use puts other settings in force, for what happens from now on. On an error those before
// stay.
func (r *Relay) Use(s Settings) error {
	if err := s.Validate(); err != nil {
		return fmt.Errorf("settings: %w", err)
	}
	r.settings.Store(&s)
	r.accounts.wake()
	r.waiting.wake()
	return nil
}

// mask writes a subscriber's number as the logs show it.
func (s *Settings) mask(number string) string {
	if s.Mask {
		return message.Mask(number)
	}
	return number
}

// mask is that of the settings in force.
func (r *Relay) mask(number string) string { return r.settings.Load().mask(number) }

// limits of how an account is told.
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

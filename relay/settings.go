package relay

import (
	"fmt"

	"readback/relay/feedback"
	"readback/relay/message"
)

// Settings are what may change while the relay runs. They are one value, which Use swaps
// whole. The operator decides those with a key, as in Config.
type Settings struct {
	feedback.Settings
	Mask bool `key:"log.mask" default:"true" live:"yes" doc:"show the first three and the last digit of subscriber numbers only"`
}

// Use puts other settings in force, for what happens from now on. On an error those before
// stay.
func (r *Relay) Use(s Settings) error {
	if err := s.Validate(); err != nil {
		return fmt.Errorf("settings: %w", err)
	}
	r.settings.Store(&s)
	r.feedback.Use(s.Settings)
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

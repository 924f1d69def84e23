package main

import (
	"cmp"
	"path/filepath"

	"readback/config"
	"readback/internal/ops"
)

// subscriberKeyFile returns the file with the key under which the log names subscribers.
func subscriberKeyFile(cfg config.Config) string {
	return cmp.Or(cfg.Log.SubscriberKeyFile, filepath.Join(cfg.Relay.Store, ops.SubscriberKeyFile))
}

// openSubscriberKey sets the key under which the log and traces name subscribers. Without one the gateway works as well, and
// they have no name until the next start.
func (s *service) openSubscriberKey(cfg config.Config) {
	var err error
	if s.subscribers, err = ops.OpenSubscriberKey(subscriberKeyFile(cfg)); err != nil {
		s.log.Warn("log does not name subscribers by a hash", "error", err)
	}
	if s.traces != nil {
		s.traces.NameSubscribers(s.subscribers)
	}
}

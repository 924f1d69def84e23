package relay

import "log/slog"

// complaint is a line in the log on what is tried again and again and fails: one, until it
// has worked in between.
type complaint struct {
	log  *slog.Logger
	what string
	made bool
}

func (c *complaint) about(err error) {
	if err != nil && !c.made {
		c.log.Warn(c.what, "error", err)
	}
	c.made = err != nil
}

package ops

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"readback/relay/message"
)

// MaxLogTime is how long a level may hold that an operator sets for a limited time.
const MaxLogTime = 24 * time.Hour

// maxLogAccounts is how many accounts may have a level of their own at a time.
const maxLogAccounts = 100

// TimedLevel is a level that an operator has set for a limited time.
type TimedLevel struct {
	Level string
	Until time.Time
}

// LogLevels are the levels of a log.
type LogLevels struct {
	Configured string                // log.level
	General    *TimedLevel           // in place of that; nil: none
	Accounts   map[string]TimedLevel // lines about these accounts are shown from these levels on, too
}

// levelSettings decide which lines are written. Each line asks for it, so what they need is in atomics.
type levelSettings struct {
	general  slog.LevelVar                         // least level of all lines
	least    slog.LevelVar                         // of the accounts
	accounts atomic.Pointer[map[string]slog.Level] // nil: none

	// Guarded by mu.
	mu    sync.Mutex
	all   LogLevels
	timer *time.Timer // applies what has ended; nil: nothing ends
}

// configure sets log.level.
func (s *levelSettings) configure(level string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all.Configured = level
	s.apply(time.Now())
}

// SetLevel sets a level for a limited time: for lines about an account, or for all lines if that is empty.
func (s *LogSettings) SetLevel(account, level string, within time.Duration) error {
	l := &s.levels
	switch _, ok := levels[level]; {
	case !ok:
		return fmt.Errorf("log level %q: want debug, info, warn or error", level)
	case within <= 0 || within > MaxLogTime:
		return fmt.Errorf("log level for %v: want more than 0s, and at most %v", within, MaxLogTime)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	timed := TimedLevel{level, now.Add(within)}
	if account == "" {
		l.all.General = &timed
		l.apply(now)
		return nil
	}
	if _, has := l.all.Accounts[account]; !has && len(l.all.Accounts) >= maxLogAccounts {
		return fmt.Errorf("%d accounts have a level of their own", maxLogAccounts)
	}
	if l.all.Accounts == nil {
		l.all.Accounts = make(map[string]TimedLevel)
	}
	l.all.Accounts[account] = timed
	l.apply(now)
	return nil
}

// ResetLevels ends what SetLevel has set: for an account, or everything if that is empty.
func (s *LogSettings) ResetLevels(account string) {
	l := &s.levels
	l.mu.Lock()
	defer l.mu.Unlock()
	if delete(l.all.Accounts, account); account == "" {
		l.all.General, l.all.Accounts = nil, nil
	}
	l.apply(time.Now())
}

// Levels returns the levels that hold now.
func (s *LogSettings) Levels() LogLevels {
	l := &s.levels
	l.mu.Lock()
	defer l.mu.Unlock()
	l.apply(time.Now())
	all := l.all
	all.Accounts = make(map[string]TimedLevel, len(l.all.Accounts))
	for name, t := range l.all.Accounts {
		all.Accounts[name] = t
	}
	return all
}

// apply forgets what has ended, and puts the rest in force; mu is held.
func (s *levelSettings) apply(now time.Time) {
	next := time.Duration(math.MaxInt64)
	holds := func(t *TimedLevel) bool {
		left := t.Until.Sub(now)
		if left > 0 {
			next = min(next, left)
		}
		return left > 0
	}
	general := s.all.Configured
	if s.all.General != nil {
		if holds(s.all.General) {
			general = s.all.General.Level
		} else {
			s.all.General = nil
		}
	}
	least, accounts := slog.Level(math.MaxInt), make(map[string]slog.Level, len(s.all.Accounts))
	for name, t := range s.all.Accounts {
		if !holds(&t) {
			delete(s.all.Accounts, name)
			continue
		}
		accounts[name] = levels[t.Level]
		least = min(least, levels[t.Level])
	}
	s.general.Set(levels[general])
	s.least.Set(least)
	s.accounts.Store(nil)
	if len(accounts) > 0 {
		s.accounts.Store(&accounts)
	}
	s.wake(next)
}

// wake has apply called again after that time; mu is held.
func (s *levelSettings) wake(next time.Duration) {
	if s.timer != nil {
		s.timer.Stop()
	}
	if s.timer = nil; next < math.MaxInt64 {
		s.timer = time.AfterFunc(next, func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.apply(time.Now())
		})
	}
}

// levelHandler passes lines on by their level, and by the level of the account that they name.
type levelHandler struct {
	slog.Handler
	levels  *levelSettings
	account string // of the logger's own attributes; empty: none
}

const accountKey = "account"

// Enabled reports whether a line of a level may be written. While no account has a level of its own, it only
// compares numbers.
func (h *levelHandler) Enabled(_ context.Context, level slog.Level) bool {
	if level >= h.levels.general.Level() {
		return true
	}
	accounts := h.levels.accounts.Load()
	if accounts == nil || level < h.levels.least.Level() {
		return false
	}
	return h.account == "" || isShown(*accounts, h.account, level) // else the line's own attributes decide
}

// Handle writes a line if its level, or that of its account, allows it.
func (h *levelHandler) Handle(ctx context.Context, r slog.Record) error {
	if r.Level < h.levels.general.Level() && !h.isAboutAccount(&r) {
		return nil
	}
	return h.Handler.Handle(ctx, r)
}

func (h *levelHandler) isAboutAccount(r *slog.Record) (shown bool) {
	accounts := h.levels.accounts.Load()
	if accounts == nil {
		return false
	}
	if h.account != "" {
		return isShown(*accounts, h.account, r.Level)
	}
	r.Attrs(func(a slog.Attr) bool {
		shown = a.Key == accountKey && isShown(*accounts, a.Value.String(), r.Level)
		return !shown
	})
	return shown
}

// isShown reports whether lines about an account are shown at a level for its own sake.
func isShown(accounts map[string]slog.Level, account string, level slog.Level) bool {
	least, ok := accounts[message.Shown(account)]
	return ok && level >= least
}

// WithAttrs implements slog.Handler.
func (h *levelHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	with := *h
	with.Handler = h.Handler.WithAttrs(attrs)
	for _, a := range attrs {
		if a.Key == accountKey {
			with.account = a.Value.String()
		}
	}
	return &with
}

// WithGroup implements slog.Handler.
func (h *levelHandler) WithGroup(name string) slog.Handler {
	with := *h
	with.Handler = h.Handler.WithGroup(name)
	return &with
}

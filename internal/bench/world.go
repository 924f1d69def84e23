package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// Setup is what one load goes through, and how.
type Setup struct {
	Way           Way           `json:"way"`
	Release       Release       `json:"release,omitempty"`
	Window        int           `json:"window"`
	Binds         int           `json:"binds"`
	Conversations int           `json:"conversations"`
	Octets        int           `json:"octets"`
	Rate          float64       `json:"rate,omitempty"` // messages a second; zero: as fast as they go
	Time          time.Duration `json:"time_ns"`
	Record        int           `json:"record,omitempty"` // conversations on record before
	Case          string        `json:"case,omitempty"`   // what sets it apart from others of its table
}

// A Release says which gateway is measured.
type Release string

// The releases. Ways without a gateway have none.
const (
	This    Release = "this"
	Against Release = "against"
)

// world is what one load goes through: a sink, and what is in front of it.
type world struct {
	setup  Setup
	route  route
	binary string // of the gateway
	dir    string
	sink   *process
	target *process // relay, HAProxy or gateway; nil for a direct connection

	sinkAddr string
	addr     string // for ESMEs
	reads    string // URL for read responses
	ops      string // URL of the operator's interface; empty without a gateway
}

var smscListens = regexp.MustCompile(`smsc listens on (\S+)`)

// open starts the processes that a load needs.
func (b *bench) open(ctx context.Context, s Setup) (*world, error) {
	b.worlds++
	w := &world{setup: s, binary: b.opt.Binary, dir: filepath.Join(b.dir, fmt.Sprint(b.worlds))}
	w.route, _ = routeOf(s.Way)
	if s.Release == Against {
		w.binary = b.opt.Against
	}
	if err := os.Mkdir(w.dir, 0o700); err != nil {
		return nil, err
	}
	err := w.openSink(ctx, b.opt.Binary)
	if err == nil {
		err = w.route.open(b, ctx, w)
	}
	if err != nil {
		return nil, errors.Join(err, w.close())
	}
	return w, nil
}

func (w *world) openSink(ctx context.Context, binary string) (err error) {
	args := []string{"sim", "smsc", "--sink", "--keep", "0", "--addr", "127.0.0.1:0"}
	if w.sink, err = start(w.dir, "sink", nil, binary, args...); err != nil {
		return err
	}
	found, err := w.sink.await(ctx, startTime, smscListens)
	if err == nil {
		w.sinkAddr = found[1]
	}
	return err
}

// close ends the processes, first the one in front, and removes their files.
func (w *world) close() error {
	var err error
	for _, p := range []*process{w.target, w.sink} {
		if p != nil {
			err = errors.Join(err, p.stop())
		}
	}
	return errors.Join(err, os.RemoveAll(w.dir))
}

// firstLine runs a short command and returns the first line that it prints.
func firstLine(ctx context.Context, dir, binary string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, args...)
	cmd.Dir, cmd.WaitDelay = dir, time.Second
	out, err := cmd.CombinedOutput()
	line, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, line)
	}
	return line, nil
}

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"readback/internal/operator"
	"readback/internal/ops"
	"readback/internal/top"
	"readback/relay/feedback"
)

// topOptions are how the screen is shown.
type topOptions struct {
	every  time.Duration
	once   bool
	asJSON bool
}

var errInterval = errors.New("--interval is at least 100ms")

func topCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "top",
		Short: "Watch a running gateway: flow, latencies and queues",
		Long: `Shows what the gateway at --ops, or the ops.addr of the configuration, does now, and again
each --interval: the state of its parts and of the SMSC, latencies (the median and the 99th
percentile of the last interval), and for each account its messages a second, how many of
them are numbered, delivered and read, unanswered requests and feedback that waits. The
accounts that send most come first. q ends it.`,
		Args: cobra.NoArgs,
	}
	askFlags(cmd)
	var opt topOptions
	cmd.Flags().DurationVar(&opt.every, "interval", time.Second, "time between two looks")
	cmd.Flags().BoolVar(&opt.once, "once", false, "show one interval, and end")
	cmd.Flags().BoolVar(&opt.asJSON, "json", false, "a line of JSON for each interval, in place of the screen")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if opt.every < 100*time.Millisecond {
			return errInterval
		}
		gateway, err := openOps(cmd)
		if err != nil {
			return err
		}
		return watchTop(cmd, gateway, &opt)
	}
	return cmd
}

// watchTop shows what the gateway does until the operator or the context ends it.
func watchTop(cmd *cobra.Command, gateway *ops.Client, opt *topOptions) error {
	before, err := takeSample(cmd.Context(), gateway)
	if err != nil {
		return err
	}
	out := cmd.OutOrStdout()
	if file, ok := out.(*os.File); ok && term.IsTerminal(int(file.Fd())) && !opt.asJSON && !opt.once {
		return runScreen(cmd.Context(), file, opt.every, newWatch(gateway, before).look)
	}
	w := newWatch(gateway, before)
	for {
		select {
		case <-cmd.Context().Done():
			return nil
		case <-time.After(opt.every):
		}
		view, err := w.look(cmd.Context())
		switch {
		case cmd.Context().Err() != nil:
			return nil
		case err != nil:
			return err
		}
		if err := printView(out, view, opt.asJSON); err != nil || opt.once {
			return err
		}
	}
}

func printView(out io.Writer, v *top.View, asJSON bool) error {
	if !asJSON {
		for _, line := range topLines(v) {
			say(out, "%s\n", line)
		}
		return nil
	}
	line, err := json.Marshal(v)
	say(out, "%s\n", line)
	return err
}

// watch asks again and again.
type watch struct {
	gateway *ops.Client
	before  *top.Sample
}

func newWatch(gateway *ops.Client, first *top.Sample) *watch { return &watch{gateway, first} }

// look returns what the gateway has done since the last look.
func (w *watch) look(ctx context.Context) (*top.View, error) {
	now, err := takeSample(ctx, w.gateway)
	if err != nil {
		return nil, err
	}
	view := top.Between(w.before, now)
	w.before = now
	return view, nil
}

// takeSample asks the gateway for all that is shown.
func takeSample(ctx context.Context, gateway *ops.Client) (*top.Sample, error) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	s := &top.Sample{At: time.Now()}
	text, err := gateway.Ask(ctx, http.MethodGet, "/metrics", http.StatusOK)
	if err != nil {
		return nil, err
	}
	if s.Metrics, err = top.ParseMetrics(text); err != nil {
		return nil, err
	}
	if err := askInto(ctx, gateway, "/v1/status", &s.Status); err != nil {
		return nil, err
	}
	if err := askAccounts(ctx, gateway, s); err != nil {
		return nil, err
	}
	var waiting struct{ Queues []feedback.Queue }
	_ = askInto(ctx, gateway, "/v1/feedback", &waiting) // without the ledger there is no answer
	s.Queues = waiting.Queues
	return s, nil
}

// askAccounts asks for all accounts, and what they send.
func askAccounts(ctx context.Context, gateway *ops.Client, s *top.Sample) error {
	err := eachPageOf(ctx, gateway, http.MethodGet, "/v1/statistics", url.Values{}, func(answer []byte) (string, error) {
		var page operator.Statistics
		err := json.Unmarshal(answer, &page)
		s.Statistics = append(s.Statistics, page.Accounts...)
		return page.Next, err
	})
	if err != nil {
		return err
	}
	return eachPageOf(ctx, gateway, http.MethodGet, "/v1/accounts", url.Values{}, func(answer []byte) (string, error) {
		var page operator.Accounts
		err := json.Unmarshal(answer, &page)
		s.Accounts = append(s.Accounts, page.Accounts...)
		return page.Next, err
	})
}

// askInto asks the gateway for JSON.
func askInto(ctx context.Context, gateway *ops.Client, path string, to any) error {
	text, err := gateway.Ask(ctx, http.MethodGet, path, http.StatusOK)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, to); err != nil {
		return fmt.Errorf("answer of the gateway: %w", err)
	}
	return nil
}

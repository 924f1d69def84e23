package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"readback/internal/operator"
	"readback/internal/ops"
)

func drainCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "drain",
		Short: "Tell a running gateway to stop politely, as SIGTERM does",
		Long: `Tells the gateway, at --ops or the ops.addr of the configuration, to drain: /readyz
fails, no more ESMEs are accepted, the answers under way are awaited up to
listen.drain_timeout, both sides are unbound, and it exits 0. With --wait it shows the
progress until the gateway has ended, and exits 1 if answers were still missing then.`,
		Args: cobra.NoArgs,
	}
	askFlags(cmd)
	wait := cmd.Flags().Bool("wait", false, "show the progress until the gateway has ended")
	asJSON := cmd.Flags().Bool("json", false, "lines of JSON")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		gateway, err := openOps(cmd)
		if err != nil {
			return err
		}
		watch := &drainWatch{cmd: cmd, gateway: gateway, asJSON: *asJSON}
		if err := watch.ask(http.MethodPost, "/v1/drain", http.StatusAccepted); err != nil || !*wait {
			return err
		}
		return watch.untilGone()
	}
	return cmd
}

// drainWatch follows a gateway that drains.
type drainWatch struct {
	cmd     *cobra.Command
	gateway *ops.Client
	asJSON  bool
	last    operator.Drain
	said    string
}

// drainPoll is between two questions to a gateway that has stopped and is about to end.
const drainPoll = 50 * time.Millisecond

// untilGone shows the progress until the gateway no longer answers.
func (w *drainWatch) untilGone() error {
	for {
		path := "/v1/drain?wait=1"
		if w.last.State == operator.Stopped {
			path = "/v1/drain"
			select {
			case <-time.After(drainPoll):
			case <-w.cmd.Context().Done():
				return w.cmd.Context().Err()
			}
		}
		err := w.ask(http.MethodGet, path, http.StatusOK)
		if _, refused := errors.AsType[*ops.Refusal](err); refused || w.cmd.Context().Err() != nil {
			return err
		}
		if err != nil {
			return w.verdict()
		}
	}
}

// verdict says how a gateway ended that no longer answers.
func (w *drainWatch) verdict() error {
	switch open := w.last.Unanswered + int64(w.last.Deliveries); {
	case w.last.CutOff > 0:
		return fmt.Errorf("the gateway has ended; %d session(s) were cut off before all answers had come", w.last.CutOff)
	case w.last.State == operator.Draining && open > 0:
		return fmt.Errorf("the gateway has ended while %d answer(s) were missing", open)
	}
	if !w.asJSON {
		say(w.cmd.OutOrStdout(), "the gateway has ended\n")
	}
	return nil
}

// ask asks for the progress, and shows it if it has changed.
func (w *drainWatch) ask(method, path string, want int) error {
	ctx, cancel := context.WithTimeout(w.cmd.Context(), askTime)
	defer cancel()
	text, err := w.gateway.Ask(ctx, method, path, want)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, &w.last); err != nil {
		return fmt.Errorf("answer of the gateway: %w", err)
	}
	line := string(text)
	if !w.asJSON {
		line = drainLine(&w.last)
	}
	if line != w.said {
		say(w.cmd.OutOrStdout(), "%s", line)
	}
	w.said = line
	return nil
}

// drainLine shows the progress of a drain.
func drainLine(d *operator.Drain) string {
	line := fmt.Sprintf("%s: %d session(s), %d request(s) unanswered, %d deliveries under way", d.State, d.Sessions, d.Unanswered, d.Deliveries)
	if d.State == operator.Draining && d.Deadline != nil {
		line += ", until " + d.Deadline.Format(time.TimeOnly) + " at most"
	}
	return line + "\n"
}

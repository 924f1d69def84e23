package main

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"readback/internal/operator"
	"readback/internal/ops"
)

func smscCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "smsc",
		Short: "Show the sessions with the SMSC, or end one",
		Long: `Shows whether the SMSC is there, and the sessions with it, of the gateway at --ops or the
ops.addr of the configuration: in mirror mode one for each ESME, with the ID of the ESME's
session; in shared mode the gateway's own binds. Window is how many requests may be
unanswered now; it shrinks while the SMSC throttles. It exits 1 if the SMSC is not there.`,
		Args: noOther,
	}
	askFlags(cmd)
	asJSON := cmd.Flags().Bool("json", false, "a line of JSON for each session, in place of the table")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		show := newListing(cmd.OutOrStdout(), *asJSON, "ID", "ACCOUNT", "ADDRESS", "STATE", "SINCE", "TLS", "UNANSWERED", "WINDOW", "OF", "NOTE")
		var smsc operator.SMSC
		err := eachItem(cmd, "/v1/smsc", url.Values{}, func(p *operator.SMSC) ([]operator.SMSCSession, string) {
			smsc = *p
			return p.Sessions, p.Next
		}, func(s operator.SMSCSession) error { return showSMSC(show, &s) })
		if err := show.end(err); err != nil {
			return err
		}
		if !smsc.Up {
			return errors.New("the SMSC is " + smscLine(smsc.Up, smsc.Since, smsc.Error))
		}
		return nil
	}
	cmd.AddCommand(smscKickCommand())
	return cmd
}

func showSMSC(show *listing, s *operator.SMSCSession) error {
	note := s.Error
	if s.RetryAt != nil {
		note += "; next try at " + s.RetryAt.Format(time.TimeOnly)
	}
	return show.add(s, s.ID, s.Account, s.Remote, s.State, s.Since.Format(time.RFC3339), s.TLS, s.Unanswered, unlimited(float64(s.Window)), unlimited(float64(s.MaxWindow)), note)
}

// smscLine says whether the SMSC is there, since when, and why not.
func smscLine(isUp bool, since *time.Time, reason string) string {
	line := "down"
	if isUp {
		line = "up"
	}
	if since != nil {
		line += " since " + since.Format(time.RFC3339)
	}
	if reason != "" {
		line += ": " + reason
	}
	return line
}

func smscKickCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "kick ID...",
		Short: "End sessions with the SMSC politely",
		Long: `Ends sessions with the SMSC, by the IDs that readback smsc shows: nothing new is sent, the
answers under way are awaited, and it is unbound. In shared mode the gateway binds again. In
mirror mode the ESME's session ends with it; the ESME may bind again.`,
		Args: cobra.MinimumNArgs(1),
	}
	askFlags(cmd)
	asJSON := cmd.Flags().Bool("json", false, "a line of JSON for each, which says whether it was ended")
	cmd.RunE = func(cmd *cobra.Command, ids []string) error { return endSessions(cmd, "/v1/smsc/", ids, *asJSON) }
	return cmd
}

// endedSession is a line of JSON about a session that was to end.
type endedSession struct {
	ID    string `json:"id"`
	Ended bool   `json:"ended"`
	Error string `json:"error,omitempty"` // why not
}

// endSessions ends the sessions with these IDs on a page.
func endSessions(cmd *cobra.Command, page string, ids []string, asJSON bool) error {
	return askGateway(cmd, func(ctx context.Context, gateway *ops.Client) error {
		var all error
		for _, id := range ids {
			_, err := gateway.Ask(ctx, http.MethodDelete, page+url.PathEscape(id), http.StatusAccepted)
			all = errors.Join(all, err)
			if !asJSON {
				continue
			}
			done := endedSession{ID: id, Ended: err == nil}
			if err != nil {
				done.Error = err.Error()
			}
			all = errors.Join(all, sayJSON(cmd, done))
		}
		return all
	})
}

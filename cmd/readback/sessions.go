package main

import (
	"net/url"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"readback/internal/operator"
)

func sessionsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "sessions",
		Short: "List the sessions of ESMEs, or end one",
		Long: `Lists the sessions of ESMEs with the gateway at --ops or the ops.addr of the configuration,
the oldest first. Unanswered are requests of the ESME that have no response yet; held are
those of them that wait for the rate, a window, the ledger or the SMSC.`,
		Args: noOther,
	}
	askFlags(cmd)
	account := cmd.Flags().String("account", "", "those of this `SYSTEM_ID`")
	asJSON := cmd.Flags().Bool("json", false, "a line of JSON for each, in place of the table")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		show := newListing(cmd.OutOrStdout(), *asJSON, "ID", "ACCOUNT", "ADDRESS", "BIND", "SINCE", "TLS", "UNANSWERED", "HELD", "MESSAGES", "LAST SECOND", "RATE", "WINDOW")
		err := eachSession(cmd, *account, func(s operator.Session) error {
			return show.add(s, s.ID, s.Account, s.Remote, s.Bind, s.Since.Format(time.RFC3339), s.TLS, s.Unanswered, s.Held, s.Messages, s.LastSecond, unlimited(s.Rate), unlimited(float64(s.Window)))
		})
		return show.end(err)
	}
	cmd.AddCommand(kickCommand())
	return cmd
}

// unlimited shows a limit of which 0 is none.
func unlimited(n float64) string {
	if n == 0 {
		return "-"
	}
	return strconv.FormatFloat(n, 'g', -1, 64)
}

// eachSession calls f with each session of an account; of all, if that is empty.
func eachSession(cmd *cobra.Command, account string, f func(operator.Session) error) error {
	query := url.Values{}
	if account != "" {
		query.Set("account", account)
	}
	return eachItem(cmd, "/v1/sessions", query, func(p *operator.Sessions) ([]operator.Session, string) { return p.Sessions, p.Next }, f)
}

func kickCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "kick ID...",
		Short: "End sessions politely",
		Long: `Ends sessions, by the IDs that readback sessions shows: the gateway takes nothing new of
them, awaits the answers under way up to listen.drain_timeout, and unbinds both sides. The
ESME may bind again.`,
		Args: cobra.MinimumNArgs(1),
	}
	askFlags(cmd)
	asJSON := cmd.Flags().Bool("json", false, "a line of JSON for each, which says whether it was ended")
	cmd.RunE = func(cmd *cobra.Command, ids []string) error { return endSessions(cmd, "/v1/sessions/", ids, *asJSON) }
	return cmd
}

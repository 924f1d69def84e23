package main

import (
	"fmt"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"readback/internal/operator"
)

func statisticsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "statistics",
		Short: "Show how many messages of each account were numbered, delivered and read",
		Long: `Shows by account what became of the messages since the gateway at --ops, or the ops.addr of
the configuration, began: how many were submitted and numbered, in the header (udh) or in the
text, and split; how many were delivered, failed or expired by their receipts; how many were
read or deleted unread, and reported to the ESME; and within what time half of those that
were read had been read, and nine in ten. A message counts in each state when it reaches it:
after a restart more may be read than were submitted since. The times are estimates from
buckets: a single read after 3.05s shows as 3.5s. Exits 1 if --account is of no account that
the gateway knows.`,
		Args: cobra.NoArgs,
	}
	askFlags(cmd)
	account := cmd.Flags().String("account", "", "of this `SYSTEM_ID`")
	asJSON := cmd.Flags().Bool("json", false, "a line of JSON for each, in place of the table")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		show := newListing(cmd.OutOrStdout(), *asJSON, "ACCOUNT", "SUBMITTED", "NUMBERED", "UDH", "TEXT", "SPLIT", "DELIVERED", "FAILED", "EXPIRED", "READ", "DELETED", "REPORTED", "MEDIAN", "90%", "UNNUMBERED")
		query := url.Values{}
		if *account != "" {
			query.Set("account", *account)
		}
		shown := 0
		err := eachItem(cmd, "/v1/statistics", query, func(p *operator.Statistics) ([]operator.AccountStatistics, string) { return p.Accounts, p.Next }, func(a operator.AccountStatistics) error {
			shown++
			return showStatistics(show, &a)
		})
		if err == nil && shown == 0 && *account != "" {
			err = fmt.Errorf("account %s is not known: it is not listed, not bound, and has sent nothing since the gateway began", *account)
		}
		return show.end(err)
	}
	return cmd
}

func showStatistics(show *listing, a *operator.AccountStatistics) error {
	median, p90 := "-", "-"
	if t := a.TimeToRead; t != nil {
		median, p90 = shortTime(t.Median), shortTime(t.P90)
	}
	return show.add(a, a.Name, a.Submitted, a.Numbered, a.Carriage.UDH, a.Carriage.Text, a.Split, a.Delivered, a.Failed, a.Expired, a.Read, a.DeletedUnread, a.Reported,
		median, p90, reasons(a.Skips))
}

// shortTime shows a time in seconds, which is known roughly.
func shortTime(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	switch {
	case d < 10*time.Second:
		return d.Round(100 * time.Millisecond).String()
	case d < time.Hour:
		return d.Round(time.Second).String()
	}
	return d.Round(time.Minute).String()
}

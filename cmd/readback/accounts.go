package main

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"readback/internal/operator"
)

func accountsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "accounts",
		Short: "List accounts: what they may use, and what they use",
		Long: `Lists the accounts that the gateway at --ops, or the ops.addr of the configuration, knows:
those that are listed there, are bound or have sent a message. Messages are counted since the
gateway began; the most frequent reasons come first. readback why shows the last ones.`,
		Args: cobra.NoArgs,
	}
	askFlags(cmd)
	asJSON := cmd.Flags().Bool("json", false, "a line of JSON for each, in place of the table")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		show := newListing(cmd.OutOrStdout(), *asJSON, "ACCOUNT", "LISTED", "SESSIONS", "OF", "UNANSWERED", "RATE", "WINDOW", "NUMBERED", "UNNUMBERED", "WHY")
		err := eachAccount(cmd, func(a operator.Account) error {
			return show.add(a, a.Name, a.Listed, a.Sessions, unlimited(float64(a.MaxSessions)), a.Unanswered, unlimited(a.Rate), unlimited(float64(a.Window)),
				a.Numbered, a.Unnumbered, reasons(a.Skips))
		})
		return show.end(err)
	}
	return cmd
}

// reasons are skips with how many messages each has, the most frequent first.
func reasons(skips map[string]uint64) string {
	names := slices.SortedFunc(maps.Keys(skips), func(a, b string) int {
		return cmp.Or(cmp.Compare(skips[b], skips[a]), cmp.Compare(a, b))
	})
	for i, name := range names {
		names[i] = fmt.Sprintf("%s %d", name, skips[name])
	}
	return strings.Join(names, ", ")
}

// eachAccount calls f with each account.
func eachAccount(cmd *cobra.Command, f func(operator.Account) error) error {
	return eachItem(cmd, "/v1/accounts", url.Values{}, func(p *operator.Accounts) ([]operator.Account, string) { return p.Accounts, p.Next }, f)
}

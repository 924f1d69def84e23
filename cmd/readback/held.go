package main

import (
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"readback/internal/operator"
)

func heldCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "held",
		Short: "Show the receipts that wait for a read to take their place",
		Long: `Shows the SMSC's receipts that the gateway at --ops, or the ops.addr of the configuration,
holds back (feedback.hold_receipt): the ESME gets one at the time UNTIL, or in its place the
receipt that says the message was read.`,
		Args: cobra.NoArgs,
	}
	askFlags(cmd)
	account := cmd.Flags().String("account", "", "those of this `SYSTEM_ID`")
	full := cmd.Flags().Bool("full", false, "show subscribers' numbers whole")
	asJSON := cmd.Flags().Bool("json", false, "a line of JSON for each, in place of the table")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		query := url.Values{}
		if *account != "" {
			query.Set("account", *account)
		}
		if *full {
			query.Set("full", "true")
		}
		show := newListing(cmd.OutOrStdout(), *asJSON, "ACCOUNT", "MESSAGE_ID", "SENDER", "RECEIVER", "NUMBER", "SINCE", "UNTIL")
		err := eachItem(cmd, "/v1/held", query, func(p *operator.HeldReceipts) ([]operator.HeldReceipt, string) { return p.Receipts, p.Next }, func(h operator.HeldReceipt) error {
			return show.add(h, h.Account, h.MessageID, h.Sender, h.Receiver, h.Number, h.Since.Format(time.RFC3339), h.Until.Format(time.RFC3339))
		})
		return show.end(err)
	}
	return cmd
}

package main

import (
	"fmt"
	"net/url"
	"strconv"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"readback/internal/operator"
	"readback/relay/message"
)

// receiverFlags are the flags of readback receiver.
type receiverFlags struct {
	sender, account            string
	limit                      int
	hash, optout, optin, erase bool
	yes, json                  bool
}

func receiverCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "receiver NUMBER",
		Short: "Show the messages of a receiver, or change what is kept of it",
		Long: `Lists the messages to a receiver that the gateway at --ops, or the ops.addr of the
configuration, knows of, the newest first. Exits 1 if there is none. readback message shows
what became of one.

--optout has the gateway drop the receiver's read responses, --optin ends that. --erase takes
out all that is known of the receiver. Where there are ops.operators, all of this needs the
role privacy.

--hash shows what stands for the number in the log (subscriber=…): without a gateway, from
the key that the configuration names, or else from the gateway at --ops.`,
		Args: cobra.ExactArgs(1),
	}
	askFlags(cmd)
	f := new(receiverFlags)
	flags := cmd.Flags()
	flags.StringVar(&f.sender, "sender", "", "messages from this `ADDRESS`")
	flags.StringVar(&f.account, "account", "", "messages of this `SYSTEM_ID`")
	flags.IntVar(&f.limit, "limit", 20, "show `N` messages at most")
	flags.BoolVar(&f.hash, "hash", false, "show what stands for the number in the log")
	flags.BoolVar(&f.optout, "optout", false, "drop the receiver's read responses from now on")
	flags.BoolVar(&f.optin, "optin", false, "take the receiver's read responses again")
	flags.BoolVar(&f.erase, "erase", false, "take out all that is known of the receiver")
	flags.BoolVar(&f.yes, "yes", false, "do not ask before the erasure")
	flags.BoolVar(&f.json, "json", false, "show JSON: of messages a line for each")
	cmd.MarkFlagsMutuallyExclusive("hash", "optout", "optin", "erase")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		receiver, err := message.ParsePhoneNumber(args[0])
		if err != nil {
			return fmt.Errorf("%s %w", args[0], err)
		}
		return f.run(cmd, receiver.String())
	}
	return cmd
}

// run does what the flags say.
func (f *receiverFlags) run(cmd *cobra.Command, receiver string) error {
	switch {
	case f.hash:
		return showHash(cmd, receiver, f.json)
	case f.optout, f.optin:
		return changeOptOut(cmd, receiver, f.optout, f.json)
	case f.erase:
		return erase(cmd, receiver, f.yes, f.json)
	}
	return f.list(cmd, receiver)
}

// list shows the messages of a receiver.
func (f *receiverFlags) list(cmd *cobra.Command, receiver string) error {
	out := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
	query := url.Values{"receiver": {receiver}, "full": {"true"}}
	for key, value := range map[string]string{"sender": f.sender, "account": f.account} {
		if value != "" {
			query.Set(key, value)
		}
	}
	shown, incomplete := 0, false
	for more := true; more && shown < f.limit; {
		query.Set("limit", strconv.Itoa(min(f.limit-shown, 1000)))
		page, err := askMessages(cmd, query)
		if err != nil {
			return err
		}
		for i := range page.Messages {
			if err := f.show(cmd, out, &page.Messages[i], shown == 0); err != nil {
				return err
			}
			shown++
		}
		query.Set("cursor", page.Next)
		more, incomplete = page.Next != "", incomplete || page.Incomplete
	}
	if err := out.Flush(); err != nil {
		return err
	}
	if incomplete {
		say(cmd.ErrOrStderr(), "there are so many messages that older ones may be left out: name the --sender\n")
	}
	if shown == 0 {
		return fmt.Errorf("no message to %s is known: all are older than relay.keep, went by another gateway, or were refused by the SMSC long ago", receiver)
	}
	return nil
}

// show shows a message as a row.
func (f *receiverFlags) show(cmd *cobra.Command, out *tabwriter.Writer, m *operator.Message, first bool) error {
	if f.json {
		return sayJSON(cmd, m)
	}
	if first {
		row(out, "SUBMITTED", "ACCOUNT", "SENDER", "NUMBER", "STATE", "DELIVERED", "READ", "FEEDBACK", "MESSAGE_ID")
	}
	number, feedback := "-", "-"
	if m.Number != nil {
		number = strconv.Itoa(int(*m.Number))
	}
	if m.Feedback != nil {
		feedback = m.Feedback.State
	}
	row(out, timeOrDash(&m.SubmittedAt), m.Account, m.Sender, number, stateOf(m), timeOrDash(knownTime(m.DeliveredAt)),
		timeOrDash(knownTime(m.ReadAt)), feedback, idsOf(m))
	return nil
}

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"readback/internal/operator"
	"readback/internal/ops"
)

func messageCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "message MESSAGE_ID",
		Short: "Show what became of a message",
		Long: `Shows what the gateway at --ops, or the ops.addr of the configuration, knows of the newest
message with a message_id, of each account: a line for all that happened to it. The id may be
as the SMSC's response or its receipt writes it, in upper or lower case, with or without zeros
in front. Exits 1 if there is none.`,
		Args: cobra.ExactArgs(1),
	}
	askFlags(cmd)
	account := cmd.Flags().String("account", "", "that of this `SYSTEM_ID`")
	full := cmd.Flags().Bool("full", false, "show subscribers' numbers whole")
	asJSON := cmd.Flags().Bool("json", false, "a line of JSON for each, in place of the lines for people")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		query := url.Values{"message_id": {args[0]}}
		if *account != "" {
			query.Set("account", *account)
		}
		if *full {
			query.Set("full", "true")
		}
		page, err := askMessages(cmd, query)
		if err != nil {
			return err
		}
		if len(page.Messages) == 0 {
			return fmt.Errorf("no message has the message_id %s: it is older than relay.keep, or has no number, or another gateway took it", args[0])
		}
		for i := range page.Messages {
			if err := showMessage(cmd, &page.Messages[i], *asJSON); err != nil {
				return err
			}
		}
		return nil
	}
	return cmd
}

// askMessages asks a gateway for a page of messages.
func askMessages(cmd *cobra.Command, query url.Values) (page operator.Messages, err error) {
	err = askGateway(cmd, func(ctx context.Context, gateway *ops.Client) error {
		text, err := gateway.Ask(ctx, http.MethodGet, "/v1/messages?"+query.Encode(), http.StatusOK)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(text, &page); err != nil {
			return fmt.Errorf("answer of the gateway: %w", err)
		}
		return nil
	})
	return page, err
}

// showMessage shows all that is known of a message.
func showMessage(cmd *cobra.Command, m *operator.Message, asJSON bool) error {
	if asJSON {
		return sayJSON(cmd, m)
	}
	out := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
	say(out, "%s\n", headline(m))
	for _, e := range m.Events {
		row(out, "  "+e.Time.Format(timeOfEvent), e.Event, e.Detail)
	}
	if note := outlook(m); note != "" {
		say(out, "  %s\n", note)
	}
	return out.Flush()
}

// timeOfEvent is RFC 3339 with milliseconds.
const timeOfEvent = "2006-01-02T15:04:05.000Z07:00"

func sayJSON(cmd *cobra.Command, v any) error {
	line, err := json.Marshal(v)
	say(cmd.OutOrStdout(), "%s\n", line)
	return err
}

// headline says which message it is, and how far it got.
func headline(m *operator.Message) string {
	return fmt.Sprintf("%s  %s -> %s  %s: %s", idsOf(m), m.Sender, m.Receiver, m.Account, stateOf(m))
}

func idsOf(m *operator.Message) string {
	var ids []string
	for _, p := range m.Parts {
		ids = append(ids, p.MessageID)
	}
	if len(ids) == 0 {
		return "-"
	}
	return strings.Join(ids, " ")
}

// stateOf says how far a message got, or why it has no number.
func stateOf(m *operator.Message) string {
	switch {
	case m.Known == "refused" && len(m.Events) > 0:
		return "refused, " + m.Events[len(m.Events)-1].Detail
	case m.Skip != "":
		return "no number, " + m.Skip
	case m.State == "":
		return m.Known
	}
	return m.State
}

// outlook says what can still become of a message, or what is not known of it.
func outlook(m *operator.Message) string {
	switch {
	case m.Skip != "":
		return m.Reason
	case m.Known == "replaced":
		return "a later message of the conversation has its number: nothing else is known of it"
	case m.Known == "unnumbered":
		return "it has no number: the ledger does not follow it"
	case m.Feedback != nil:
		return outlooks[m.Feedback.State]
	}
	return "can be read until " + m.ReadableUntil.Format(time.RFC3339)
}

// outlooks say it by the state of the feedback.
var outlooks = map[string]string{
	"waiting":    "the feedback waits for the ESME: see readback feedback, and readback sessions",
	"dead":       "the feedback was given up: see readback dead",
	"off":        "the account gets no feedback (feedback.form: off)",
	"superseded": "the ESME was told the SMSC's receipt before the message was read",
	"taken":      "a consumer of the account's own has taken the feedback",
	"gone":       "the feedback was dropped",
	"unknown":    "there is too much feedback to find out what became of that on this message",
}

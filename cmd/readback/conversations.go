package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"readback/handset"
	"readback/relay/reads"
)

func conversationsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "conversations SENDER RECEIVER",
		Short: "Show the messages of a conversation, and how far each got",
		Args:  cobra.ExactArgs(2),
	}
	apiFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		a, err := openAPI(cmd)
		if err != nil {
			return err
		}
		var answer json.RawMessage
		path := "/v1/conversations/" + url.PathEscape(args[0]) + "/" + url.PathEscape(args[1])
		status, err := a.do(cmd.Context(), http.MethodGet, path, nil, &answer)
		if err != nil {
			return err
		}
		if status != http.StatusOK {
			return verdictError(answer)
		}
		var view reads.ConversationView
		if err := json.Unmarshal(answer, &view); err != nil {
			return fmt.Errorf("answer of the gateway: %w", err)
		}
		return printConversation(cmd, &view)
	}
	return cmd
}

func printConversation(cmd *cobra.Command, view *reads.ConversationView) error {
	out := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
	row(out, "NUMBER", "STATE", "ACCOUNT", "SUBMITTED", "DELIVERED", "READ", "MESSAGE_ID")
	for _, m := range view.Messages {
		row(out, m.Number, m.State, m.Account, timeOrDash(&m.SubmittedAt),
			timeOrDash(m.DeliveredAt), timeOrDash(m.ReadAt), strings.Join(m.MessageIDs, " "))
	}
	shown := func(n *uint16) string {
		if n == nil {
			return "none"
		}
		return fmt.Sprint(*n)
	}
	say(out, "shown: read at %s, sent at %s\n", shown(view.Shown.Read), shown(view.Shown.Sent))
	return out.Flush()
}

func timeOrDash(t *time.Time) string {
	if t == nil {
		return "-"
	}
	return t.UTC().Format(time.RFC3339)
}

// verdictError returns the gateway's reason for refusing a request.
func verdictError(answer []byte) error {
	var v handset.Verdict
	if err := json.Unmarshal(answer, &v); err != nil {
		return fmt.Errorf("answer of the gateway: %w", err)
	}
	return errors.New(verdictText(v))
}

func verdictText(v handset.Verdict) string {
	text := fmt.Sprintf("%d %s", v.Code, http.StatusText(v.Code))
	if reason := strings.TrimSpace(v.Field + " " + v.Reason); reason != "" {
		text += ": " + reason
	}
	return text
}

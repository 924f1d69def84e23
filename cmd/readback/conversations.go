package main

import (
	"context"
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
	"readback/internal/ops"
	"readback/relay/reads"
)

func conversationsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "conversations SENDER RECEIVER",
		Short: "Show the messages of a conversation, and how far each got",
		Long: `Asks the gateway, at --ops or the ops.addr of the configuration, as its operator: where
there are ops.operators, the token or certificate must have the role privacy. With
--url or --key-file it asks the HTTP interface for read responses, as a backend does. Exits 1 if no message of
the conversation is known.`,
		Args: cobra.ExactArgs(2),
	}
	askFlags(cmd)
	apiFlags(cmd)
	asJSON := cmd.Flags().Bool("json", false, "JSON, in place of the table")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		answer, err := askConversation(cmd, "/v1/conversations/"+url.PathEscape(args[0])+"/"+url.PathEscape(args[1]))
		if err != nil {
			return err
		}
		var view reads.ConversationView
		if err := json.Unmarshal(answer, &view); err != nil {
			return fmt.Errorf("answer of the gateway: %w", err)
		}
		if len(view.Messages) == 0 {
			return fmt.Errorf("no message from %s to %s is known: all are older than relay.keep, were erased, have no number, or went by another gateway", args[0], args[1])
		}
		if *asJSON {
			return sayJSON(cmd, view)
		}
		return printConversation(cmd, &view)
	}
	return cmd
}

// askConversation returns the answer of the operator's interface, or of that for read responses.
func askConversation(cmd *cobra.Command, path string) (answer json.RawMessage, err error) {
	if !cmd.Flags().Changed("url") && !cmd.Flags().Changed("key-file") {
		err = askGateway(cmd, func(ctx context.Context, gateway *ops.Client) (err error) {
			answer, err = gateway.Ask(ctx, http.MethodGet, path, http.StatusOK)
			return err
		})
		if !errors.Is(err, errOpsOff) {
			return answer, err
		}
	}
	a, err := openAPI(cmd)
	if err != nil {
		return nil, err
	}
	status, err := a.do(cmd.Context(), http.MethodGet, path, nil, &answer)
	if err == nil && status != http.StatusOK {
		err = verdictError(answer)
	}
	return answer, err
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

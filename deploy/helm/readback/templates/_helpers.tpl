{{- define "readback.name" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name }}{{ else }}{{ .Release.Name }}-{{ .Chart.Name }}{{ end }}
{{- end }}

{{- define "readback.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "readback.labels" -}}
{{ include "readback.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | replace "+" "-" | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "-" }}
{{- end }}

{{/* The port of an address such as ":2775". */}}
{{- define "readback.port" -}}
{{ regexFind "[0-9]+$" . }}
{{- end }}

{{/* Whether read responses come from other pods: "yes" or nothing. */}}
{{- define "readback.reads" -}}
{{- $addr := dig "reads" "addr" "" .Values.config -}}
{{- if and $addr (not (regexMatch "^(127\\.|localhost:|\\[::1\\])" $addr)) }}yes{{ end }}
{{- end }}

{{/* Fails with what is missing. */}}
{{- define "readback.check" -}}
{{- if not (or .Values.existingSecret (dig "smsc" "addr" "" .Values.config) (dig "smsc" "addrs" "" .Values.config)) }}
{{- fail "config.smsc.addr is needed: where the SMSC listens, such as smsc.example:2775" }}
{{- end }}
{{- end }}

{{/* The configuration. A key of values.yaml that is empty, because another one stands for it, is left out. */}}
{{- define "readback.config" -}}
{{- $config := deepCopy .Values.config }}
{{- if and (hasKey $config "smsc") (not $config.smsc.addr) }}
{{- $_ := unset $config.smsc "addr" }}
{{- end }}
{{- toYaml $config }}
{{- end }}

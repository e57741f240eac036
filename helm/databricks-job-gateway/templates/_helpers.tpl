{{/* Room is left for the longest suffix: a name is a DNS label. */}}
{{- define "databricks-job-gateway.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 46 | trimSuffix "-" -}}
{{- else if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 46 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 46 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* What finds the pods of one part: gateway, check or test. Only the gateway's may match its services. */}}
{{- define "databricks-job-gateway.selectorLabels" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "databricks-job-gateway.labels" -}}
{{ include "databricks-job-gateway.selectorLabels" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" | quote }}
{{- end -}}

{{- define "databricks-job-gateway.serviceAccountName" -}}
{{- $own := ternary (include "databricks-job-gateway.fullname" .) "default" .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default $own -}}
{{- end -}}

{{/* "true", or nothing. */}}
{{- define "databricks-job-gateway.onSqlite" -}}
{{- if hasPrefix "sqlite:" .Values.config.ledger.url }}true{{ end -}}
{{- end -}}

{{- define "databricks-job-gateway.replicas" -}}
{{- if not (kindIs "invalid" .Values.replicas) -}}
{{- int .Values.replicas -}}
{{- else -}}
{{- ternary 1 2 (eq (include "databricks-job-gateway.onSqlite" .) "true") -}}
{{- end -}}
{{- end -}}

{{/*
After the drain the API and then the metrics give their last answers, each within the trigger's time and a second;
the rest is for the last calls to Databricks and the last writes to the ledger.
*/}}
{{- define "databricks-job-gateway.terminationGracePeriodSeconds" -}}
{{- $drain := dig "drain_seconds" 10 .Values.config.server -}}
{{- $trigger := dig "trigger_timeout_seconds" 8 .Values.config.server -}}
{{- ceil (addf $drain (mulf 2 (addf $trigger 1)) 15) | int -}}
{{- end -}}

{{- define "databricks-job-gateway.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{- printf "%s@%s" .repository .digest -}}
{{- else -}}
{{- printf "%s:%s" .repository (.tag | default $.Chart.AppVersion) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "databricks-job-gateway.gatewayYaml" -}}
{{- $config := deepCopy .Values.config -}}
{{- $_ := set $config "include" (list "../catalogue/*.yaml") -}}
{{- $_ := set $config.server "port" 8080 -}}
{{- $_ := set $config.server "metrics_port" (ternary 9090 nil .Values.metrics.enabled) -}}
{{- toYaml $config -}}
{{- end -}}

{{- define "databricks-job-gateway.configData" -}}
{{- dict "gateway.yaml" (include "databricks-job-gateway.gatewayYaml" .) | toYaml -}}
{{- end -}}

{{/* What every pod with the program in it says of itself. */}}
{{- define "databricks-job-gateway.podSpec" -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  {{- toYaml .Values.podSecurityContext | nindent 2 }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "databricks-job-gateway.container" -}}
image: {{ include "databricks-job-gateway.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  {{- toYaml .Values.securityContext | nindent 2 }}
{{- end -}}

{{- define "databricks-job-gateway.env" -}}
- name: GATEWAY_CONFIG
  value: /etc/job-gateway/config/gateway.yaml
{{- with .Values.env }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Whole directories, never `subPath`: only these follow their ConfigMap or Secret when it changes. */}}
{{- define "databricks-job-gateway.volumeMounts" -}}
- name: config
  mountPath: /etc/job-gateway/config
  readOnly: true
- name: catalogue
  mountPath: /etc/job-gateway/catalogue
  readOnly: true
{{- range $i, $name := .Values.secrets }}
- name: secret-{{ $i }}
  mountPath: /run/secrets/{{ $name }}
  readOnly: true
{{- end }}
{{- range $i, $name := .Values.configMaps }}
- name: configmap-{{ $i }}
  mountPath: /run/configmaps/{{ $name }}
  readOnly: true
{{- end }}
{{- if .Values.identityToken.audience }}
- name: identity
  mountPath: /run/identity
  readOnly: true
{{- end }}
{{- if include "databricks-job-gateway.onSqlite" . }}
- name: data
  mountPath: /data
{{- end }}
{{- end -}}

{{/* `config` and `catalogue`: names of ConfigMaps. `data`: the claim; none: an empty folder. */}}
{{- define "databricks-job-gateway.volumes" -}}
- name: config
  configMap:
    name: {{ .config }}
- name: catalogue
  configMap:
    name: {{ .catalogue }}
{{- range $i, $name := .root.Values.secrets }}
- name: secret-{{ $i }}
  secret:
    secretName: {{ $name }}
    defaultMode: 0440
{{- end }}
{{- range $i, $name := .root.Values.configMaps }}
- name: configmap-{{ $i }}
  configMap:
    name: {{ $name }}
{{- end }}
{{- with .root.Values.identityToken }}
{{- if .audience }}
- name: identity
  projected:
    defaultMode: 0440
    sources:
      - serviceAccountToken:
          path: token
          audience: {{ .audience | quote }}
          expirationSeconds: {{ int .expirationSeconds }}
{{- end }}
{{- end }}
{{- if include "databricks-job-gateway.onSqlite" .root }}
- name: data
  {{- with .data }}
  persistentVolumeClaim:
    claimName: {{ . }}
  {{- else }}
  emptyDir: {}
  {{- end }}
{{- end }}
{{- end -}}

{{/* How the API is spoken to: by TLS when the gateway has a certificate of its own. */}}
{{- define "databricks-job-gateway.scheme" -}}
{{- if .Values.config.server.tls }}https{{ else }}http{{ end -}}
{{- end }}

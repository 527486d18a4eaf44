{{- define "hubbub.labels" -}}
app.kubernetes.io/name: hubbub
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* Asks a path of `web` from inside the pod, with the token where there is one. */}}
{{- define "hubbub.probe" -}}
exec:
  command:
    - python3
    - -c
    - |
      import urllib.request as web
      ask = web.Request("http://127.0.0.1:8485{{ .path }}")
      {{- if .token }}
      with open("/run/secrets/hubbub/{{ .token }}") as token:
          ask.add_header("Authorization", "Bearer " + token.read().strip())
      {{- end }}
      web.urlopen(ask, timeout=8)
{{- end }}

"""Grafana's dashboards: few, each an answer to one question."""

from __future__ import annotations

from typing import Final

from components.monitoring.dashboard import Dashboard, Panel, Variable

_TEAM: Final = Variable("team", "kueue_cluster_queue_status")
_CHOSEN: Final = '{team=~"$team", model=~"$model"}'
_FIRST: Final = f"vllm:time_to_first_token_seconds_bucket{_CHOSEN}"
_LLM: Final = f"vllm:e2e_request_latency_seconds_bucket{_CHOSEN}"
_CLASSIC: Final = f"rest_server_request_duration_seconds_bucket{_CHOSEN}"

DASHBOARDS: Final = (
    Dashboard(
        "platform",
        "Platform: does it work?",
        (
            Panel("Parts that give no metrics", "count by (job) (up == 0) or sum by (job) (up * 0)", "{{job}}"),
            Panel("Alerts that fire", 'sum by (alertname) (ALERTS{alertstate="firing"})', "{{alertname}}"),
            Panel("API requests per second", "sum by (code) (rate(apiserver_request_total[5m]))", "{{code}}", "reqps"),
            Panel(
                "Memory of the platform's programs",
                "sum by (job, app) (process_resident_memory_bytes)",
                "{{job}} {{app}}",
                "bytes",
            ),
        ),
    ),
    Dashboard(
        "queues",
        "Queues: who waits, and who has the GPUs?",
        (
            Panel("Jobs that wait", "sum by (team) (kueue_pending_workloads)", "{{team}}"),
            Panel("Jobs that run", "sum by (team) (kueue_admitted_active_workloads)", "{{team}}"),
            Panel(
                "GPUs in use",
                'sum by (team) (kueue_cluster_queue_resource_usage{resource="nvidia.com/gpu"})',
                "{{team}}",
            ),
            Panel(
                "GPUs that a team owns",
                'sum by (team) (kueue_cluster_queue_nominal_quota{resource="nvidia.com/gpu"})',
                "{{team}}",
            ),
            Panel(
                "Wait of one job in twenty",
                "histogram_quantile(0.95, sum by (team, le) (rate(kueue_admission_wait_time_seconds_bucket[30m])))",
                "{{team}}",
                "s",
            ),
            Panel(
                "Evictions in an hour",
                "sum by (team, reason) (increase(kueue_evicted_workloads_total[1h]))",
                "{{team}} {{reason}}",
            ),
        ),
    ),
    Dashboard(
        "gpus",
        "GPUs: are they busy and healthy?",
        (
            Panel("Busy", "avg by (node) (DCGM_FI_DEV_GPU_UTIL) / 100", "{{node}}", "percentunit"),
            Panel(
                "Memory in use",
                "sum by (node) (DCGM_FI_DEV_FB_USED) / sum by (node) (DCGM_FI_DEV_FB_USED + DCGM_FI_DEV_FB_FREE)",
                "{{node}}",
                "percentunit",
            ),
            Panel(
                "Held but idle",
                'count by (team) (max_over_time(DCGM_FI_DEV_GPU_UTIL{team!=""}[30m]) < 5)',
                "{{team}}",
            ),
            Panel("Hottest", "max by (node) (DCGM_FI_DEV_GPU_TEMP)", "{{node}}", "celsius"),
            Panel("Power", "sum by (node) (DCGM_FI_DEV_POWER_USAGE)", "{{node}}", "watt"),
            Panel("Faults (Xid)", "max by (node, gpu) (DCGM_FI_DEV_XID_ERRORS)", "{{node}} {{gpu}}"),
        ),
    ),
    Dashboard(
        "data",
        "Data: are features fresh and the bucket sound?",
        (
            Panel(
                "Age of features",
                "max by (feature_view) (feast_feature_freshness_seconds)",
                "{{feature_view}}",
                "s",
            ),
            Panel(
                "Feature requests per second",
                "sum by (endpoint, status) (rate(feast_feature_server_request_total[5m]))",
                "{{endpoint}} {{status}}",
                "reqps",
            ),
            Panel(
                "Read of features, one in a hundred",
                "histogram_quantile(0.99, sum by (le) (rate("
                'feast_feature_server_request_latency_seconds_bucket{endpoint="/get-online-features"}[5m])))',
                "p99",
                "s",
            ),
            Panel(
                "Bucket requests per second",
                "sum by (type, code) (rate(SeaweedFS_s3_request_total[5m]))",
                "{{type}} {{code}}",
                "reqps",
            ),
            Panel("Bucket's size", "sum by (bucket) (SeaweedFS_s3_bucket_size_bytes)", "{{bucket}}", "bytes"),
            Panel("Space left", 'SeaweedFS_volumeServer_resource{type="avail"}', "{{name}}", "bytes"),
        ),
    ),
    Dashboard(
        "team",
        "Team: what do my jobs, GPUs and endpoints do?",
        (
            Panel(
                "My jobs that wait",
                'sum by (team, status) (kueue_pending_workloads{team=~"$team"})',
                "{{team}} {{status}}",
            ),
            Panel("My jobs that run", 'sum by (team) (kueue_admitted_active_workloads{team=~"$team"})', "{{team}}"),
            Panel(
                "My GPUs: how busy",
                'avg by (team, pod) (DCGM_FI_DEV_GPU_UTIL{team=~"$team"}) / 100',
                "{{team}} {{pod}}",
                "percentunit",
            ),
            Panel(
                "My GPUs: memory in use",
                'max by (team, pod) (DCGM_FI_DEV_FB_USED{team=~"$team"} / (DCGM_FI_DEV_FB_USED + DCGM_FI_DEV_FB_FREE))',
                "{{team}} {{pod}}",
                "percentunit",
            ),
            Panel(
                "My endpoints", 'sum by (team, model) (endpoint:requests:rate5m{team=~"$team"})', "{{model}}", "reqps"
            ),
            Panel("My alerts", 'sum by (alertname) (ALERTS{alertstate="firing", team=~"$team"})', "{{alertname}}"),
        ),
        variables=(_TEAM,),
    ),
    Dashboard(
        "endpoint",
        "Endpoint: which model and version misbehaves, and since when?",
        (
            Panel(
                "Requests",
                'sum by (model, version) (endpoint:requests:rate5m{team=~"$team", model=~"$model"})',
                "{{model}} {{version}}",
                "reqps",
            ),
            Panel(
                "Failures",
                """sum by (model, version) (endpoint:errors:rate5m{team=~"$team", model=~"$model"})
                    / sum by (model, version) (endpoint:requests:rate5m{team=~"$team", model=~"$model"})""",
                "{{model}} {{version}}",
                "percentunit",
            ),
            Panel(
                "First token, one request in twenty",
                f"histogram_quantile(0.95, sum by (model, version, le) (rate({_FIRST}[5m])))",
                "{{model}} {{version}}",
                "s",
            ),
            Panel(
                "Whole answer, one request in twenty",
                f"""histogram_quantile(0.95, sum by (model, version, le) (rate({_LLM}[5m])))
                    or histogram_quantile(0.95, sum by (model, version, le) (rate({_CLASSIC}[5m])))""",
                "{{model}} {{version}}",
                "s",
            ),
            Panel(
                "Requests that wait",
                'sum by (model, pod) (vllm:num_requests_waiting{team=~"$team", model=~"$model"})',
                "{{model}} {{pod}}",
            ),
            Panel(
                "Memory for requests in use",
                'max by (model, pod) (vllm:kv_cache_usage_perc{team=~"$team", model=~"$model"})',
                "{{model}} {{pod}}",
                "percentunit",
            ),
            Panel(
                "Error budget left",
                'slo:budget:left{team=~"$team", model=~"$model"}',
                "{{model}} {{slo}} {{threshold}}",
                "percentunit",
                from_zero=False,
            ),
            Panel(
                "Failures, as a multiple of what is allowed (1 h)",
                'slo:burn:rate1h{team=~"$team", model=~"$model"}',
                "{{model}} {{slo}} {{threshold}}",
            ),
        ),
        variables=(_TEAM, Variable("model", "endpoint:replicas:wanted")),
    ),
    Dashboard(
        "cost",
        "Cost: who uses what is paid for?",
        (
            Panel(
                "Cost of machines an hour, as Karpenter sees it",
                "sum by (nodepool) (karpenter_nodepools_cost_total)",
                "{{nodepool}}",
                "currencyUSD",
            ),
            Panel(
                "GPU hours a day",
                'sum by (team) (avg_over_time(kueue_cluster_queue_resource_usage{resource="nvidia.com/gpu"}[1d])) * 24',
                "{{team}}",
            ),
            Panel(
                "GPU hours a day that were held and not used",
                'sum by (team) (1 - avg_over_time(DCGM_FI_DEV_GPU_UTIL{team!=""}[1d]) / 100) * 24',
                "{{team}}",
            ),
            Panel(
                "Energy of GPUs a day, in kWh",
                'sum by (team) (increase(DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION{team!=""}[1d])) / 3.6e9',
                "{{team}}",
            ),
            Panel(
                "Tokens a day",
                "sum by (team, model) (avg_over_time(endpoint:tokens:rate5m[1d])) * 86400",
                "{{team}} {{model}}",
            ),
            Panel(
                "Requests a day",
                "sum by (team, model) (avg_over_time(endpoint:requests:rate5m[1d])) * 86400",
                "{{team}} {{model}}",
            ),
        ),
    ),
)
"""All of them."""

"""Runs the job nightly-load through databricks-job-gateway: submit, ask until it has ended, cancel when stopped.

The connection job_gateway (type HTTP) has the gateway's URL as host, the client's name as login, its key as password.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import urlencode

from airflow import DAG
from airflow.providers.http.hooks.http import HttpHook
from airflow.providers.http.operators.http import HttpOperator
from airflow.providers.http.sensors.http import HttpSensor

CONNECTION = "job_gateway"
JOB = "nightly-load"
# One key for one run of the DAG: retries and cleared tasks reach the same run of the gateway.
KEY = "{{ dag.dag_id }}-{{ run_id }}"


def cancel(context) -> None:
    """Also when a person marks the task as failed. A run that has ended stays as it is."""
    ti = context["ti"]
    query = urlencode({"job": JOB, "key": f"{ti.dag_id}-{ti.run_id}"})
    HttpHook(method="POST", http_conn_id=CONNECTION).run(f"cancel?{query}")


with DAG(
    dag_id="nightly_load",
    start_date=datetime(2026, 1, 1),
    schedule="10 2 * * *",
    catchup=False,
):
    submit = HttpOperator(
        task_id="submit",
        http_conn_id=CONNECTION,
        endpoint=f"trigger/{JOB}",
        method="POST",
        data={
            "key": KEY,
            "rerun": "new",
            "rerun_id": "{{ ti.try_number }}",
            "ref": "{{ dag.dag_id }}/{{ run_id }}/{{ ti.try_number }}",
            "wait": "0",
            "outcome": "body",
            "p.day": "{{ ds }}",
        },
        retries=3,
        retry_delay=timedelta(minutes=1),
        log_response=True,
    )

    ask = HttpSensor(
        task_id="ask",
        http_conn_id=CONNECTION,
        endpoint="await",
        request_params={"job": JOB, "key": KEY, "wait": "0"},
        # 202 is no end; 424 and 409 are, and fail the sensor at once.
        response_check=lambda response: response.status_code == 200,
        mode="reschedule",
        poke_interval=30,
        timeout=12 * 60 * 60,
        retries=0,
        on_failure_callback=cancel,
    )

    submit >> ask

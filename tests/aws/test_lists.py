"""Long lists are read to their end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3

if TYPE_CHECKING:
    from tests.aws.engine import Moto


def test_a_list_of_many_pages_has_another_token_for_each(moto: Moto) -> None:
    keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b", "region_name": "eu-west-3"}
    sns = boto3.client("sns", endpoint_url=moto.endpoint, **keys)
    tag = {"Key": "listed", "Value": "yes"}
    topics = {sns.create_topic(Name=f"listed-{number}", Tags=[tag])["TopicArn"] for number in range(7)}
    tagging = boto3.client("resourcegroupstaggingapi", endpoint_url=moto.endpoint, **keys)
    wanted = [{"Key": "listed", "Values": ["yes"]}]
    pages = tagging.get_paginator("get_resources").paginate(TagFilters=wanted, ResourcesPerPage=2)
    assert {each["ResourceARN"] for page in pages for each in page["ResourceTagMappingList"]} == topics

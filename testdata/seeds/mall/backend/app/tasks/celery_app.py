"""The worker: celery -A app.tasks.celery_app worker"""

from celery import Celery

from app.config import settings

celery_app = Celery("mall", broker=settings.redis_url, backend=settings.redis_url)


@celery_app.task
def order_placed(order_id: int) -> str:
    return f"order {order_id} confirmed"

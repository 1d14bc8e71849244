"""/api/products"""

from decimal import Decimal

from fastapi import APIRouter, Depends, HTTPException
from pydantic import BaseModel, Field

from app.database import Product, session

router = APIRouter(prefix="/api/products")


class NewProduct(BaseModel):
    name: str = Field(min_length=1, max_length=200)
    price: Decimal = Field(ge=0)
    stock: int = Field(default=0, ge=0)


def shown(product: Product) -> dict:
    return {"id": product.id, "name": product.name, "price": str(product.price), "stock": product.stock}


@router.get("")
def products(db=Depends(session)):
    return [shown(product) for product in db.query(Product).order_by(Product.id)]


@router.post("", status_code=201)
def add(new: NewProduct, db=Depends(session)):
    if db.query(Product).filter_by(name=new.name).first():
        raise HTTPException(409, f"there is a product {new.name!r} already")
    product = Product(name=new.name, price=new.price, stock=new.stock)
    db.add(product)
    db.commit()
    return shown(product)
